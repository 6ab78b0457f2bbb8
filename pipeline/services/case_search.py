"""Searching within one case file: its pages that answer a query."""

from dataclasses import replace

from models.level import Level
from models.page import PageRef
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.index.query import Query
from pipeline.services.open_case import CaseView


def pages_with_hits(archive: Archive, asker: Asker, view: CaseView, query: Query) -> list[PageRef]:
    """Return the pages of a case file that answer a query, in the order of the case file.

    Args:
        archive: the archive.
        asker: who asks.
        view: the case file, as far as the asker may see it; no other page is returned.
        query: the query.

    Raises:
        IndexUnusableError: the index cannot be used.
    """
    # Only this case file: the index needs to look at nothing else.
    only = replace(asker.scope, level=Level.PUBLIC, boxes=frozenset(), granted=frozenset({view.case.id}))
    found = set(archive.index.places(query, only))
    return [ref for ref in view.refs if ref in found]
