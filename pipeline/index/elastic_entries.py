"""The entries of a cluster's index: of pages and of case files, as they are written, and as hits are made from them."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from models.hit import Hit
from models.level import Level
from pipeline.index import dsl
from pipeline.index.elastic_first import score
from pipeline.index.entry import About, Entry, searched
from pipeline.index.packing import unpack
from pipeline.index.query import Query
from pipeline.index.results import hit
from pipeline.index.store import Sort


def page_entry(entry: Entry) -> str:
    """Return the id of a page: always the same, and different for every page."""
    return hashlib.sha256(entry.place.encode()).hexdigest()


def case_place(case_id: str) -> str:
    """Return the place of a case file's own entry: its route and its id."""
    return place_of(dsl.CASES, hashlib.sha256(case_id.encode()).hexdigest())


def place_of(route: str, entry: str) -> str:
    """Return the place of an entry: the route to its shard, and its id."""
    return f"{route}/{entry}"


def route(held: str) -> str:
    """Return the route of a place."""
    return held.partition("/")[0]


def identity(held: str) -> str:
    """Return the id of a place."""
    return held.partition("/")[2]


def delete(index: str, held: str) -> dict[str, Any]:
    """Return the action that deletes the entry at a place of an index."""
    return {"_op_type": "delete", "_index": index, "_id": identity(held), "routing": route(held)}


def at_level(source: dict[str, Any], known: About, level: Level) -> dict[str, Any]:
    """Return a page's entry with a new level; the tokens, which the index does not store, are made again."""
    units, fuzzy = searched(unpack(base64.b64decode(source["shown"])).units)
    kept = {name: value for name, value in source.items() if name not in {*About._fields, "year"}}
    return {**kept, **_known(known), "level": level, "units": units, "fuzzy": fuzzy}


def _known(about: About) -> dict[str, Any]:
    known = {name: value for name, value in about._asdict().items() if value != ""}
    return {**known, **({"year": about.year} if about.year else {})}


def index(index: str, held: str, source: dict[str, Any]) -> dict[str, Any]:
    """Return the action that writes an entry to a place of an index."""
    return {"_op_type": "index", "_index": index, "_id": identity(held), "routing": route(held), "_source": source}


def source(entry: Entry) -> dict[str, Any]:
    """Return what is written of a page."""
    return {
        "level": entry.level,
        **_known(entry.about),
        "place": entry.place,
        "scan": entry.scan,
        "path": entry.path,
        "number": entry.number,
        **_courts(entry.courts),
        "scripts": list(entry.scripts),
        "units": entry.units,
        "fuzzy": entry.fuzzy,
        "shown": base64.b64encode(entry.shown).decode(),
    }


def _courts(courts: Sequence[str]) -> dict[str, Any]:
    return {"courts": list(courts), "courts_count": len(courts)} if courts else {}


def hit_of(row: dict[str, Any], query: Query, sort: Sort) -> Hit:
    """Return the hit that a row of an answer shows."""
    source = row["_source"]
    about = About(**{name: source.get(name, "") for name in About._fields})
    shown = unpack(base64.b64decode(source["shown"]))
    scored = score(row) if sort is Sort.RANK else row["_score"] or 0.0
    page = (source["scan"], source["path"], source["number"])
    found = hit(about, page, Level(source["level"]), shown, query, scored)
    if "inner_hits" in row:
        return found.model_copy(update={"pages": row["inner_hits"]["all"]["hits"]["total"]["value"]})
    return found
