"""A scope in the SQLite store: which tables of tokens a search uses, and which of their rows.

Each level has a table of tokens of its own, with its own statistics. A search never touches the tables of levels that
are out of its scope, except for granted case files. All case files of the same box and the same courts are on one
shelf. The numbers of pages are given to shelves in blocks, so that a row is filtered by its number, without a look at
the page. They are as close together as that allows: FTS5 writes for each page of a token the distance from the one
before it.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from models.level import Level
from models.scope import Scope

_BLOCK_BITS = 8
_FILTERS = {"shown_blocks": "block", "granted_pages": "page", "refused_pages": "page"}


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


def numbers_on(database: sqlite3.Connection, shelf: int, count: int) -> list[int]:
    """Take the numbers of the next pages of a shelf, in ascending order."""
    (number,) = database.execute("SELECT next FROM shelves WHERE number = ?", (shelf,)).fetchone()
    found = []
    for _ in range(count):
        if number % (1 << _BLOCK_BITS) == 0:  # the last block is full, or there is none
            block = database.execute("INSERT INTO blocks (shelf) VALUES (?)", (shelf,)).lastrowid or 0
            number = block << _BLOCK_BITS
        found.append(number)
        number += 1
    database.execute("UPDATE shelves SET next = ? WHERE number = ?", (number, shelf))
    return found


def sources(database: sqlite3.Connection, scope: Scope) -> list[Source]:
    """Return the tables that hold pages of a scope."""
    filled = dict(database.execute("SELECT level, pages FROM levels WHERE pages > 0").fetchall())
    refused, granted = _pages(database, scope.refused), _pages(database, scope.granted - scope.refused)
    blocks = _blocks(database, scope) if scope.is_limited else None
    for table, numbers in zip(_FILTERS, (blocks or (), granted, refused), strict=True):
        _fill(database, table, numbers)
    found = []
    for level in Level:
        if level.rank not in filled:
            continue
        is_shown = level.rank <= scope.level.rank
        either = [_in("{row}", "granted_pages")] if granted else []
        if is_shown and blocks is not None:
            either.append(_in(f"{{row}} >> {_BLOCK_BITS}", "shown_blocks"))
        elif is_shown:
            either = ["true"]
        if not either:
            continue
        rows = f"({' OR '.join(either)})" if len(either) > 1 else either[0]
        if refused:
            rows += f" AND NOT {_in('{row}', 'refused_pages')}"
        whole = is_shown and blocks is None
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


def _blocks(database: sqlite3.Connection, scope: Scope) -> list[int]:
    """Return the blocks of the shelves that a scope holds."""
    rows = database.execute("SELECT number, box, courts FROM shelves")
    held = [number for number, box, courts in rows if scope.holds(box, json.loads(courts))]
    of_shelves = "SELECT number FROM blocks WHERE shelf IN (SELECT value FROM json_each(?))"
    return [block for (block,) in database.execute(of_shelves, (json.dumps(held),))]


def _pages(database: sqlite3.Connection, cases: Iterable[str]) -> list[int]:
    rows = database.execute(
        "SELECT pages.id FROM documents JOIN pages ON document_id = documents.id "
        'WHERE "case" IN (SELECT value FROM json_each(?))',
        (json.dumps(sorted(cases)),),
    )
    return [page for (page,) in rows]


def _fill(database: sqlite3.Connection, table: str, numbers: Iterable[int]) -> None:
    """Put numbers into a temporary table of the connection: a list in the query would be read for each of its parts."""
    database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({_FILTERS[table]} INTEGER PRIMARY KEY)")
    database.execute(f"DELETE FROM {table}")  # noqa: S608
    database.executemany(f"INSERT INTO {table} VALUES (?)", ((number,) for number in numbers))  # noqa: S608


def _in(number: str, table: str) -> str:
    """Return the condition for a number that is in a temporary table; with the + FTS5 is not asked for each of them."""
    return f"(+{number} IN {table})"
