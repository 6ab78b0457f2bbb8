"""The documents of a Tantivy index: their fields, how pages become documents, and how hits are made from them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import tantivy

from models.hit import Hit
from models.level import Level
from models.page import PageRef
from pipeline.index.entry import About, Entry, place_of, searched
from pipeline.index.packing import unpack
from pipeline.index.query import Query
from pipeline.index.results import hit

TOKENIZER = "spaces"
# Compared as a whole.
_KEYWORDS = ("level", "case", "box", "courts", "kind_key", "box_key", "scripts")
# Compared as a whole, and counted.
_COUNTED = ("kind", "court", "year", "box", "scripts")
_TOKENS = ("units", "fuzzy", "court_tokens", "case_tokens")
# The days of a date as numbers, such as 19631231; a page without a date comes last in both orders.
_DAYS = ("first", "last", "oldest", "newest")
_NO_DAY = 99_999_999
# Between the courts of a case file in the field ``courts``: no court contains it.
_BETWEEN = "\ue001"
_HASH_BYTES = 8


class Row(NamedTuple):
    """What is kept of a page to show it: its facts, and what :mod:`pipeline.index.packing` packs."""

    about: About
    level: Level
    scan: str
    path: str
    number: int
    courts: tuple[str, ...]
    scripts: tuple[str, ...]
    shown: bytes

    @property
    def ref(self) -> PageRef:
        """The page."""
        return PageRef(scan=self.scan, number=self.number)

    @property
    def place(self) -> str:
        """Its place among all pages; see :func:`pipeline.index.entry.place_of`."""
        return place_of(self.about, self.scan, self.path, self.number)


def _schema_of_pages() -> tantivy.Schema:
    """Return the fields of the pages of one level."""
    builder = tantivy.SchemaBuilder()
    for name in dict.fromkeys((*_KEYWORDS, *_COUNTED)):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=name in _COUNTED)
    for name in _TOKENS:
        builder.add_text_field(name, tokenizer_name=TOKENIZER, index_option="position")
    for name in _DAYS:
        builder.add_unsigned_field(name, fast=True, indexed=True)
    builder.add_unsigned_field("case_hash", fast=True)
    for name in ("row", "shown"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def _schema_of_cases() -> tantivy.Schema:
    """Return the fields of case files: which of them are in."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("case", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("fingerprint", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


PAGES, CASE_FILES = _schema_of_pages(), _schema_of_cases()


def row_of(entry: Entry) -> Row:
    """Return what is kept of a page."""
    return Row(entry.about, entry.level, entry.scan, entry.path, entry.number, entry.courts, entry.scripts, entry.shown)


def document(row: Row, tokens: tuple[str, str] | None = None) -> tantivy.Document:
    """Return a page as a document.

    Args:
        row: what is kept of it.
        tokens: its tokens and its fuzzy tokens; made again from what is shown of it if they are not given.
    """
    units, fuzzy = tokens or searched(unpack(row.shown).units)
    about = row.about
    made = tantivy.Document()
    texts = {
        "units": units,
        "fuzzy": fuzzy,
        "level": row.level,
        "courts": _BETWEEN.join(row.courts),
        "kind_key": about.kind_key,
        "box_key": about.box_key,
        "court_tokens": about.court_tokens,
        "case_tokens": about.case_tokens,
        "case": about.case,
        "box": about.box,
        "kind": about.kind,
        "court": about.court,
        "year": about.year,
    }
    for name, text in texts.items():
        if text:
            made.add_text(name, text)
    for script in row.scripts:
        made.add_text("scripts", script)
    for name, day in _days(about).items():
        made.add_unsigned(name, day)
    made.add_unsigned("case_hash", hash_of(about.case))
    kept: list[Any] = [list(about), row.level, row.scan, row.path, row.number, row.courts, row.scripts]
    made.add_bytes("row", json.dumps(kept, ensure_ascii=False).encode())
    made.add_bytes("shown", row.shown)
    return made


def _days(about: About) -> Mapping[str, int]:
    if not about.first:
        return {"oldest": _NO_DAY, "newest": 0}
    first = day_number(about.first)
    return {"first": first, "last": day_number(about.last), "oldest": first, "newest": first}


def day_number(day: str) -> int:
    """Return a day such as 1963-12-31 as a number that sorts as the day does."""
    return int(day.replace("-", ""))


def courts_in(key: str) -> frozenset[str]:
    """Return the courts in a value of the field ``courts``."""
    return frozenset(key.split(_BETWEEN))


def hash_of(case_id: str) -> int:
    """Return a number for a case file that hardly any other has: to compare thousands of pages quickly."""
    return int.from_bytes(hashlib.sha256(case_id.encode()).digest()[:_HASH_BYTES], "big")


def read_row(found: tantivy.Document) -> Row:
    """Return what is kept of a page."""
    about, level, scan, path, number, courts, scripts = json.loads(bytes(found["row"][0]))
    shown = bytes(found["shown"][0])
    return Row(About(*about), Level(level), scan, path, number, tuple(courts), tuple(scripts), shown)


def hit_of(row: Row, query: Query, score: float) -> Hit:
    """Return the hit on a page."""
    return hit(row.about, (row.scan, row.path, row.number), row.level, unpack(row.shown), query, score)
