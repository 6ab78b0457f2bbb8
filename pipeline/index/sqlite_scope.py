"""A scope in the SQLite store: which tables of tokens a search uses, and which of their rows.

Each level has a table of tokens of its own, with its own statistics. A search never touches the tables of levels that
are out of its scope, except for granted case files. The number of a page contains its box and its case file:
its high bits are the number of the box, the next ones that of the case file. So rows need no other table.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.level import Level
from models.scope import Scope

_PAGE_BITS, _CASE_BITS = 22, 24
_BOX = f"({{row}} >> {_PAGE_BITS + _CASE_BITS})"
_CASE = f"(({{row}} >> {_PAGE_BITS}) & {(1 << _CASE_BITS) - 1})"


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


def first_page(box: int, case: int) -> int:
    """Return the number of the first page of a case file, by the numbers of its box and of itself."""
    return ((box << _CASE_BITS) | case) << _PAGE_BITS


def sources(database: sqlite3.Connection, scope: Scope) -> list[Source]:
    """Return the tables that hold pages of a scope."""
    filled = dict(database.execute("SELECT level, pages FROM levels WHERE pages > 0").fetchall())
    boxes = None if scope.boxes is None else _numbers(database, "boxes", "name", scope.boxes)
    granted = _numbers(database, "cases", "id", scope.granted - scope.refused)
    refused = _numbers(database, "cases", "id", scope.refused)
    found = []
    for level in Level:
        if level.rank not in filled:
            continue
        is_shown = level.rank <= scope.level.rank
        either = [_in(_CASE, granted)] if granted else []
        if is_shown and boxes is not None:
            either.append(_in(_BOX, boxes))
        elif is_shown:
            either = ["true"]
        if not either:
            continue
        rows = f"({' OR '.join(either)})" if len(either) > 1 else either[0]
        if refused:
            rows += f" AND NOT {_in(_CASE, refused)}"
        whole = is_shown and boxes is None
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


def _numbers(database: sqlite3.Connection, table: str, column: str, wanted: Iterable[str]) -> list[int]:
    rows = database.execute(
        f"SELECT number FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(sorted(wanted)),),
    )
    return [number for (number,) in rows]


def _in(column: str, numbers: Sequence[int]) -> str:
    return f"{column} IN ({', '.join(map(str, numbers))})"
