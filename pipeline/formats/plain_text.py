"""The text of a scan, with form feeds between its pages."""

from pipeline.formats.format import Format, Part, Unit
from pipeline.text.plain import page_text


def plain_text(part: Part) -> bytes:
    """Return the text of some pages in UTF-8."""
    return ("\f".join(page_text(page)[0] for page in part.pages) + "\n").encode()


FORMAT = Format(
    name="text",
    ending=".txt",
    unit=Unit.SCAN,
    help="Write the text of each scan, with form feeds between its pages.",
    write=plain_text,
)
