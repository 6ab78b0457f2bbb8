"""``bannasar kinds``."""

from rich.table import Table

from cli.common import ArchiveOption, JsonOption, out, read_settings
from cli.terminal import Text, print_json
from pipeline.services import kinds as service


def kinds(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List the kinds of document in the glossary, with their titles in three languages and the evidence for them.

    U means that nobody has checked the Khmer titles yet, S says where they were seen. Kinds that the classifier was not
    trained with are named below the list.

    Example:
        bannasar kinds
    """
    settings = read_settings(archive)
    known, trained = service.kinds(settings), service.trained_kinds(settings)
    if as_json:
        listed = {kind: named.model_dump(mode="json") | {"trained": kind in trained} for kind, named in known.items()}
        print_json({"kinds": listed})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("kind", "Khmer", "French", "English", "evidence"):
        table.add_column(name, overflow="fold")
    for kind, named in known.items():
        titles = ("; ".join(forms) for forms in (named.km, named.fr, named.en))
        table.add_row(kind, *map(Text, titles), Text(named.evidence))
    out.print(table)
    untrained = [kind for kind in known if kind not in trained]
    if untrained:
        out.print(Text(f"Not trained, recognised by titles and phrases only: {', '.join(untrained)}."))
