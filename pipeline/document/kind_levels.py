"""Levels that documents have by their kind, as the glossary says."""

from pathlib import Path

from models.actor import Actor
from models.case import CaseFile
from models.restriction import Reach, Restriction
from pipeline.document.glossary import read_glossary


def with_levels_of_kinds(case: CaseFile, glossary: Path, actor: Actor) -> CaseFile:
    """Return a case file with the levels set on its documents that the glossary gives to their kinds.

    Each is set once: what people set on the document later counts, even if the case file is made again.

    Args:
        case: the case file, its documents with their kinds.
        glossary: the glossary's folder.
        actor: who makes the case file.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    kinds = read_glossary(glossary).kinds
    found = []
    for document in case.documents:
        level = kinds[document.kind].level if document.kind in kinds else None
        reason = f"kinds.toml: {document.kind}"
        pages = set(document.pages)
        if level and not any(one.reason == reason and pages & set(one.pages) for one in case.restrictions):
            found.append(
                Restriction(
                    level=level,
                    reach=Reach.DOCUMENT,
                    pages=document.pages,
                    reason=reason,
                    by=actor,
                    at=case.created,
                )
            )
    return case.model_copy(update={"restrictions": (*case.restrictions, *found)}) if found else case
