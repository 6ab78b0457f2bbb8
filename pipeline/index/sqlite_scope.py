"""A scope in the SQLite store: which tables of tokens a search uses, and which of their rows.

Each level has a table of tokens of its own, with its own statistics. A search never touches the tables of levels that
are out of its scope, except for granted case files. The number of a page contains its shelf and its case
file: its high bits are the number of the shelf, the next ones that of the case file. All case files of the same box and
the same courts are on one shelf. So a row is filtered without a look elsewhere.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.errors import IndexUnusableError
from models.level import Level
from models.scope import Scope

_PAGE_BITS, _CASE_BITS, _SHELF_BITS = 20, 24, 19
_SHELF = f"({{row}} >> {_PAGE_BITS + _CASE_BITS})"
_CASE = f"(({{row}} >> {_PAGE_BITS}) & {(1 << _CASE_BITS) - 1})"

CASE_OF_PAGE = f"(found.page >> {_PAGE_BITS})"
"""What distinguishes the case files of pages that were found, in SQL: the numbers of shelf and case file."""


class Source(NamedTuple):
    """A table of tokens that a search uses.

    ``rows`` is the condition, in SQL, for its rows that are in the scope. ``weighed`` says whether BM25 counts: not
    if rows outside the scope would change it. ``level`` and ``pages`` are those of the table.
    """

    table: str
    rows: str = "true"
    weighed: bool = False
    level: Level | None = None
    pages: int = 0


def tokens_of(level: Level) -> str:
    """Return the name of the table with the tokens of a level."""
    return f"tokens_{level}"


def first_page(shelf: int, case: int) -> int:
    """Return the number of the first page of a case file, by the numbers of its shelf and of itself.

    Raises:
        IndexUnusableError: there are too many of them for these numbers.
    """
    if shelf >> _SHELF_BITS or case >> _CASE_BITS:
        raise IndexUnusableError("The index file has no room for more case files. Use a cluster: index.url.")
    return ((shelf << _CASE_BITS) | case) << _PAGE_BITS


def sources(database: sqlite3.Connection, scope: Scope) -> list[Source]:
    """Return the tables that hold pages of a scope."""
    filled = dict(database.execute("SELECT level, pages FROM levels WHERE pages > 0").fetchall())
    shelves = _shelves(database, scope) if scope.is_limited else None
    granted = _cases(database, scope.granted - scope.refused)
    refused = _cases(database, scope.refused)
    found = []
    for level in Level:
        if level.rank not in filled:
            continue
        is_shown = level.rank <= scope.level.rank
        either = [_in(_CASE, granted)] if granted else []
        if is_shown and shelves is not None:
            either.append(_in(_SHELF, shelves))
        elif is_shown:
            either = ["true"]
        if not either:
            continue
        rows = f"({' OR '.join(either)})" if len(either) > 1 else either[0]
        if refused:
            rows += f" AND NOT {_in(_CASE, refused)}"
        whole = is_shown and shelves is None
        found.append(Source(tokens_of(level), rows.format(row="rowid"), whole, level, filled[level.rank]))
    return found


def pages_in(found: Iterable[Source]) -> str:
    """Return the condition, in SQL, for the rows of the table ``pages`` that are in some sources."""
    either = [
        f"(pages.level = {source.level.rank} AND {source.rows.replace('rowid', 'pages.id')})"
        for source in found
        if source.level is not None
    ]
    return f"({' OR '.join(either) or 'false'})"


def _shelves(database: sqlite3.Connection, scope: Scope) -> list[int]:
    rows = database.execute("SELECT number, box, courts FROM shelves")
    return [number for number, box, courts in rows if scope.holds(box, json.loads(courts))]


def _cases(database: sqlite3.Connection, wanted: Iterable[str]) -> list[int]:
    rows = database.execute(
        "SELECT number FROM cases WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(wanted)),)
    )
    return [number for (number,) in rows]


def _in(column: str, numbers: Sequence[int]) -> str:
    return f"{column} IN ({', '.join(map(str, numbers))})"
