"""The other store: an Elasticsearch cluster.

Behind the alias of the settings' name stands one index, ``NAME-v2-20260131120000``, whose mapping names its version.
Each page is an entry with an id of its own, so that whatever is sent twice is there once. Each case file has an entry
too, with the ids of its pages: it is written before them without a fingerprint, and with it when all of them are in. So
a case file that was left half-way is known to be, and what is in of it can be taken out.
"""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, TransportError
from elasticsearch.helpers import streaming_bulk

from models.case import CaseFile
from models.errors import IndexUnusableError
from models.hit import Found, Hit
from models.page import Page
from models.settings import IndexSettings
from pipeline.index import dsl
from pipeline.index.cluster import border, connect, read_only
from pipeline.index.elastic_first import first, score
from pipeline.index.entry import About, Entry, entries, unpack
from pipeline.index.query import Query
from pipeline.index.results import facet, first_only, hit
from pipeline.index.store import FACETS, Sort, View, fingerprint

# How often, and for how many seconds at first and at most, what the cluster is too busy for is sent again.
_RETRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 1, 60
# How many entries are sent at once, and how many bytes.
_MOST_AT_ONCE = 200
_ENTRY_BYTES = 50_000
_NOT_THERE, _TOO_LARGE = 404, 413
_AT_ONCE = 500
_KEEP_ALIVE = "2m"
_SEGMENTS = 5
# How far a view may reach: Elasticsearch's own index.max_result_window. Further on it would hold all hits in memory.
_MOST_SHOWN = 10_000


class ElasticStore:
    """The index of an archive on a cluster."""

    def __init__(self, settings: IndexSettings) -> None:
        """Say which cluster; nothing is sent yet.

        Raises:
            IndexUnusableError: a file that the settings name cannot be read.
        """
        self._settings = settings
        self._client: Elasticsearch = connect(settings)
        self._alias = settings.name
        self._checked = False
        self._most = _MOST_AT_ONCE

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def put(self, case: CaseFile, pages: Iterable[Page]) -> None:
        """Put the pages of a case file in; see :class:`pipeline.index.store.Store`."""
        with self._border():
            self._prepare()
            self._put(self._alias, case, pages, self._pages_of(case.id))
            self._client.indices.refresh(index=self._alias)

    def remove(self, case_id: str) -> None:
        """Take the pages of a case file out."""
        with self._border():
            if self._check():
                gone = [*self._pages_of(case_id), _case_entry(case_id)]
                self._send({"_op_type": "delete", "_index": self._alias, "_id": one} for one in gone)
                self._client.indices.refresh(index=self._alias)

    def merge(self) -> None:
        """Do nothing: a cluster merges by itself while it is written to."""

    def count(self) -> int:
        """Return how many pages are in."""
        with self._border():
            return self._count(self._alias) if self._check() else 0

    def cases(self) -> dict[str, str]:
        """Return the case files that are in whole, by their ids, each with its fingerprint."""
        with self._border():
            if not self._check():
                return {}
            whole = {"term": {"type": "case"}}
            rows = (row["_source"] for row in self._scan(whole, [{"case": "asc"}], fields=["case", "fingerprint"]))
            return {row["case"]: row["fingerprint"] for row in rows if row.get("fingerprint")}

    def search(self, query: Query, view: View) -> Found:
        """Return the pages that answer a query; see :class:`pipeline.index.store.Store`.

        Raises:
            IndexUnusableError: besides, the view reaches further than a cluster shows hits.
        """
        if view.offset + view.limit > _MOST_SHOWN:
            raise IndexUnusableError(
                f"{self._settings.url} shows the first {_MOST_SHOWN:,} hits, and no others. Narrow the query, or have "
                "all of them written: --csv FILE or --jsonl FILE."
            )
        with self._border():
            if not self._check():
                return Found(pages=0, exact=0, hits=(), cases=0 if view.by_case else None)
            if first_only(query, view):
                return self._first(query, view)
            wanted = dsl.counts() if view.facets else {}
            if query.groups:
                wanted["exact"] = {"filter": dsl.all_exact(query)}
            grouping: dict[str, Any] = {}
            if view.by_case:
                # The ids in front of each case file's pages are theirs alone: cases counts them, however many.
                wanted["cases"] = {"cardinality": {"field": "case", "precision_threshold": 40_000}}
                grouping = {"collapse": {"field": "case", "inner_hits": {"name": "all", "size": 0}}}
            if wanted:
                grouping["aggregations"] = wanted
            answer = self._search(
                dsl.compiled(query), view.sort, from_=view.offset, size=view.limit, track_total_hits=True, **grouping
            )
        pages = answer["hits"]["total"]["value"]
        found = answer.get("aggregations", {})
        return Found(
            pages=pages,
            exact=found["exact"]["doc_count"] if query.groups else pages,
            cases=found["cases"]["value"] if view.by_case else None,
            hits=tuple(_hit(row, query, view.sort) for row in answer["hits"]["hits"]),
            facets={
                name: facet((bucket["key"], bucket["doc_count"]) for bucket in found[name]["buckets"])
                for name in (FACETS if view.facets else ())
            },
        )

    def _first(self, query: Query, view: View) -> Found:
        """Return the pages that come first, and how many others there are only where that is easily known."""
        rows, exact, pages = first(self._ask, query, view.offset, view.limit)
        hits = tuple(_hit(row, query, Sort.RANK) for row in rows)
        return Found(pages=exact if pages is None else pages, exact=exact, hits=hits, whole=pages is not None)

    def _ask(
        self, query: dsl.Json, offset: int, limit: int, *, count: int | bool = False, source: bool = True
    ) -> dict[str, Any]:
        return self._search(query, Sort.RANK, from_=offset, size=limit, track_total_hits=count, source=source)

    def _search(self, query: dsl.Json, sort: Sort, **more: object) -> dict[str, Any]:
        # The same copy of the index each time, for its sums decide the order. Scores are among what ranked hits are
        # sorted by; to ask for them once more makes Lucene reckon that of every page.
        options: dict[str, Any] = {"preference": self._alias, "track_scores": sort is not Sort.RANK, **more}
        return dict(self._client.search(index=self._alias, query=query, sort=dsl.order(sort), **options).body)

    def each(self, query: Query, sort: Sort) -> Iterator[Hit]:
        """Yield every page that answers a query, as the index was when it began."""
        with self._border():
            if self._check():
                for row in self._scan(dsl.compiled(query), dsl.order(sort)):
                    yield _hit(row, query, sort)

    def rebuild(self, cases: Iterable[tuple[CaseFile, list[Page]]]) -> int:
        """Make the index anew under a new name, and swap the alias when all is in and counted."""
        with self._border():
            index = self._make()
            try:
                sent = 0
                for case, pages in cases:
                    self._put(index, case, pages, [])
                    sent += len(pages)
                self._client.indices.refresh(index=index)
                there = self._count(index)
                self._be_whole(there, sent)
            except BaseException:
                self._client.options(ignore_status=404).indices.delete(index=index)
                raise
            self._swap(index)
            # A few segments are searched faster than dozens. It goes on by itself, for it may take long.
            self._client.indices.forcemerge(index=index, max_num_segments=_SEGMENTS, wait_for_completion=False)
        return there

    def _be_whole(self, there: int, sent: int) -> None:
        if there != sent:
            raise IndexUnusableError(
                f"{there} of {sent} pages came in at {self._settings.url}: the index is left as it was. "
                "Try again; if it happens again, look at the cluster's logs."
            )

    @contextmanager
    def _border(self) -> Iterator[None]:
        with border(self._settings):
            yield

    def _prepare(self) -> None:
        """Make the index where there is none."""
        if not self._check():
            self._swap(self._make())
            self._checked = True

    def _check(self) -> bool:
        """Return whether there is an index, and make sure that it is one of this version."""
        if self._checked:
            return True
        try:
            found = self._client.indices.get_mapping(index=self._alias).body
        except NotFoundError:
            return False
        versions = {one["mappings"].get("_meta", {}).get("bannasar") for one in found.values()}
        if versions != {dsl.VERSION}:
            raise IndexUnusableError(
                f"The index {self._alias} at {self._settings.url} was made by another version of Bannasar. Make it "
                "anew from the bags: `bannasar index rebuild`."
            )
        self._checked = True
        return True

    def _make(self) -> str:
        index = f"{self._alias}-v{dsl.VERSION}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        try:
            self._client.indices.create(index=index, mappings=dsl.MAPPING)
        except BadRequestError as error:
            # No one else makes one of this name: it was asked for again, for the first answer was too slow.
            if error.error != "resource_already_exists_exception":
                raise
        return index

    def _swap(self, index: str) -> None:
        """Let the alias stand for an index; in the same step delete what it stood for, and what was left half-made.

        Where that fails the index stays: it may yet be what searches go to. If not, the next swap deletes it.
        """
        ours = re.compile(rf"{re.escape(self._alias)}-v\d+-\d{{20}}")
        there = self._client.indices.get(index=f"{self._alias}-v*", features="aliases").body
        older = [name for name in there if name != index and ours.fullmatch(name)]
        actions: list[dict[str, Any]] = [{"remove_index": {"index": name}} for name in older]
        actions.append({"add": {"index": index, "alias": self._alias}})
        try:
            self._client.indices.update_aliases(actions=actions)
        except (ApiError, TransportError):
            # It was sent again, for the answer was late: the cluster has done it by then, and finds nothing to remove.
            if not self._client.indices.exists_alias(index=index, name=self._alias):
                raise

    def _put(self, index: str, case: CaseFile, pages: Iterable[Page], before: list[str]) -> None:
        put = [(_page_entry(one), one) for one in entries(case, pages)]
        now = [entry for entry, _ in put]
        mark = {"type": "case", "case": case.id, "box": case.box}
        half = {**mark, "pages": list(dict.fromkeys([*before, *now]))}
        self._send([_index(index, _case_entry(case.id), half)])
        self._send(_index(index, entry, _source(one)) for entry, one in put)
        gone = set(before) - set(now)
        self._send({"_op_type": "delete", "_index": index, "_id": entry} for entry in gone)
        self._send([_index(index, _case_entry(case.id), {**mark, "pages": now, "fingerprint": fingerprint(case)})])

    def _pages_of(self, case_id: str) -> list[str]:
        found = self._client.options(ignore_status=404).get(index=self._alias, id=_case_entry(case_id)).body
        return list(found["_source"]["pages"]) if found.get("found") else []

    def _send(self, wanted: Iterable[dict[str, Any]]) -> None:
        """Send what is to be written, again where the cluster is too busy for it, and less at once if it is too much.

        Raises:
            IndexUnusableError: some of it was refused.
        """
        actions, most = iter(wanted), self._most
        while left := self._send_by(most, actions):
            if most == 1:
                raise IndexUnusableError(self._too_large(left[0]))
            most //= 2
            actions = itertools.chain(left, actions)
        self._most = most

    def _send_by(self, most: int, actions: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send so many entries at once; where that is more than the cluster takes, return those that it has refused."""
        sent: dict[str, dict[str, Any]] = {}

        def noted() -> Iterator[dict[str, Any]]:
            for action in actions:
                sent[action["_id"]] = action
                yield action

        try:
            for is_done, done in streaming_bulk(
                self._client,
                noted(),
                chunk_size=most,
                max_chunk_bytes=most * _ENTRY_BYTES,
                max_retries=_RETRIES,
                initial_backoff=_FIRST_WAIT,
                max_backoff=_LONGEST_WAIT,
                raise_on_error=False,
            ):
                ((kind, answer),) = done.items()
                is_gone = kind == "delete" and answer["status"] == _NOT_THERE
                if not (is_done or is_gone):
                    raise IndexUnusableError(self._refused(answer))
                del sent[answer["_id"]]
        except ApiError as error:
            if error.meta.status != _TOO_LARGE:
                raise
            return list(sent.values())
        return []

    def _too_large(self, action: dict[str, Any]) -> str:
        source = action["_source"]
        what = f"page {source['number']} of {source['path']}" if source["type"] == "page" else "the list of its pages"
        size = len(json.dumps(source, ensure_ascii=False).encode())
        return (
            f"{self._settings.url} takes no request as large as {source['case']} needs: {what} has {size:,} bytes "
            f"({_TOO_LARGE}). Raise http.max_content_length of the cluster, or what a proxy before it lets through "
            "(client_max_body_size of nginx), then run `bannasar index sync`."
        )

    def _refused(self, answer: dict[str, Any]) -> str:
        cause = answer.get("error") or {}
        reason = f"{cause.get('reason', cause)} ({answer['status']})" if isinstance(cause, dict) else str(cause)
        if answer["status"] in {403, 429} and "block" in reason.lower():
            return read_only(self._settings, reason)
        return f"{self._settings.url} refused an entry: {reason}"

    def _count(self, index: str) -> int:
        return int(self._client.count(index=index, query=dsl.IS_PAGE)["count"])

    def _scan(self, query: dsl.Json, sort: list[dsl.Json], fields: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield every row that answers a query, as the index was when it began."""
        point = self._client.open_point_in_time(index=self._alias, keep_alive=_KEEP_ALIVE)["id"]
        try:
            after = None
            while True:
                answer = self._client.search(
                    pit={"id": point, "keep_alive": _KEEP_ALIVE},
                    query=query,
                    sort=sort,
                    size=_AT_ONCE,
                    search_after=after,
                    track_scores=True,
                    track_total_hits=False,
                    source=True if fields is None else {"includes": fields},
                )
                rows = answer["hits"]["hits"]
                yield from rows
                if len(rows) < _AT_ONCE:
                    return
                after = rows[-1]["sort"]
        finally:
            self._client.options(ignore_status=404).close_point_in_time(id=point)


def _page_entry(entry: Entry) -> str:
    """Return the id of a page: always the same, and another for every page."""
    return hashlib.sha256(entry.place.encode()).hexdigest()


def _case_entry(case_id: str) -> str:
    return "case-" + hashlib.sha256(case_id.encode()).hexdigest()


def _index(index: str, entry: str, source: dict[str, Any]) -> dict[str, Any]:
    return {"_op_type": "index", "_index": index, "_id": entry, "_source": source}


def _source(entry: Entry) -> dict[str, Any]:
    about = entry.about._asdict()
    return {
        "type": "page",
        **{name: value for name, value in about.items() if value != ""},
        **({"year": entry.about.year} if entry.about.year else {}),
        "place": entry.place,
        "scan": entry.scan,
        "path": entry.path,
        "number": entry.number,
        "scripts": list(entry.scripts),
        "units": entry.units,
        "near": entry.fuzzy,
        "shown": base64.b64encode(entry.shown).decode(),
    }


def _hit(row: dict[str, Any], query: Query, sort: Sort) -> Hit:
    source = row["_source"]
    about = About(**{name: source.get(name, "") for name in About._fields})
    shown = unpack(base64.b64decode(source["shown"]))
    scored = score(row) if sort is Sort.RANK else row["_score"] or 0.0
    found = hit(about, (source["scan"], source["path"], source["number"]), shown, query, scored)
    if "inner_hits" in row:
        return found.model_copy(update={"pages": row["inner_hits"]["all"]["hits"]["total"]["value"]})
    return found
