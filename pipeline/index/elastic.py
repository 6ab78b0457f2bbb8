"""The store on an Elasticsearch cluster.

The alias with the settings' name points to one index, such as ``NAME-v7-20260131120000``; its mapping has its version.

Each level has its own shard, with its own statistics, and so do the entries of case files: entries are routed to them.
So a search uses only the levels of its scope, and pages at other levels change no score and no similar spelling.

Each page is an entry with its own id, so that an entry that is sent twice is there once. Each case file has an entry,
too, with the levels and ids of its pages: it is written before them without a fingerprint, and again with it when all
of them are in. So an incomplete case file is recognised, and the pages that are in can be removed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from models.case import CaseFile
from models.errors import IndexUnusableError
from models.hit import Found, Hit
from models.page import Page, PageRef
from models.scope import Scope
from models.settings import IndexSettings
from pipeline.index import dsl, elastic_entries
from pipeline.index.cluster import border, connect
from pipeline.index.elastic_bulk import Bulk
from pipeline.index.elastic_first import first
from pipeline.index.elastic_indexes import Indexes
from pipeline.index.entry import Analysed, Entry, abouts_of, entries
from pipeline.index.query import Query
from pipeline.index.results import facet, first_only
from pipeline.index.store import FACETS, Sort, View, check_kept, fingerprint

_AT_ONCE = 500
_KEEP_ALIVE = "2m"
_SEGMENTS = 1
# The largest offset of a view: Elasticsearch's own index.max_result_window. Beyond it, all hits would be in memory.
_MOST_SHOWN = 10_000


class ElasticStore:
    """The index of an archive on a cluster."""

    def __init__(self, settings: IndexSettings) -> None:
        """Set the cluster; nothing is sent yet.

        Raises:
            IndexUnusableError: a file that the settings name cannot be read.
        """
        self._settings = settings
        self._client: Elasticsearch = connect(settings)
        self._alias = settings.name
        self._checked = False
        self._indexes = Indexes(self._client, settings.name)
        self._bulk = Bulk(self._client, settings)

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def put(self, case: CaseFile, pages: Iterable[Page], now: datetime | None = None) -> None:
        """Add the pages of a case file; see :class:`pipeline.index.store.Store`."""
        self.put_analysed((case, list(entries(case, pages, case.levels(now)))))

    def put_analysed(self, found: Analysed) -> None:
        """Add a case file whose entries are made already."""
        case, made = found
        with self._border():
            self._prepare()
            self._put(self._alias, case, made, self._pages_of(case.id))
            self._client.indices.refresh(index=self._alias)

    def set_levels(self, case: CaseFile, now: datetime | None = None) -> bool:
        """Apply the levels of a case file to searches; see :class:`pipeline.index.store.Store`.

        Entries are removed from the shards of their old levels before they are added to the new ones. What a rebuild
        that was stopped has left is removed: it holds the pages at their old levels.
        """
        levels = case.levels(now)
        with self._border():
            self._indexes.remove_begun()
            held = self._pages_of(case.id) if self._check() else []
            sources = self._sources_of(held)
            found = {(source["scan"], source["number"]) for source in sources.values()}
            wanted = {(ref.scan, ref.number) for document in case.documents for ref in document.pages}
            numbers = {document.number for document in case.documents}
            cut_otherwise = any(source["document"] not in numbers for source in sources.values())
            of_others = any(set(source.get("courts", ())) != case.courts for source in sources.values())
            if found != wanted or len(sources) < len(held) or cut_otherwise or of_others:
                return False
            abouts = abouts_of(case, levels)
            # What a page is shown with depends on the levels of the other pages of its document.
            are_apart = any(one.pages for one in case.restrictions)
            after: dict[str, str] = {}
            moved: list[dict[str, Any]] = []
            for page, source in sources.items():
                level = levels.of(source["scan"], source["number"])
                after[page] = elastic_entries.place_of(dsl.ROUTES[level], elastic_entries.identity(page))
                if after[page] != page or are_apart:
                    known = abouts[PageRef(scan=source["scan"], number=source["number"])]
                    moved.append(
                        elastic_entries.index(self._alias, after[page], elastic_entries.at_level(source, known, level))
                    )
            self._bulk.send([self._case(self._alias, case, [*held, *after.values()])])
            self._bulk.send(elastic_entries.delete(self._alias, page) for page in held if after[page] != page)
            self._client.indices.refresh(index=self._alias)
            self._bulk.send(moved)
            self._bulk.send([self._case(self._alias, case, [*after.values()], fingerprint(case))])
            self._client.indices.refresh(index=self._alias)
        return True

    def remove(self, case_id: str) -> None:
        """Remove the pages of a case file, and what a rebuild that was stopped has left: it may hold them too."""
        with self._border():
            self._indexes.remove_begun()
            if self._check():
                gone = [*self._pages_of(case_id), elastic_entries.case_place(case_id)]
                self._bulk.send(elastic_entries.delete(self._alias, one) for one in gone)
                self._client.indices.refresh(index=self._alias)

    def merge(self) -> None:
        """Do nothing: a cluster merges by itself while it is written to."""

    def count(self) -> int:
        """Return the number of all pages."""
        with self._border():
            return self._count(self._alias) if self._check() else 0

    def cases(self) -> dict[str, str]:
        """Return the ids of the complete case files, each with its fingerprint."""
        with self._border():
            return self._cases_in(self._alias) if self._check() else {}

    def search(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the pages of a scope that answer a query; see :class:`pipeline.index.store.Store`.

        Raises:
            IndexUnusableError: besides, the view reaches further than a cluster shows hits.
        """
        if view.offset + view.limit > _MOST_SHOWN:
            raise IndexUnusableError(
                f"{self._settings.url} shows only the first {_MOST_SHOWN:,} hits. Narrow the query, or write "
                "all of them: --csv FILE or --jsonl FILE."
            )
        with self._border():
            if not self._check():
                return Found(pages=0, exact=0, hits=(), cases=0 if view.by_case else None)
            if first_only(query, view):
                return self._first(query, view, scope)
            wanted = dsl.counts() if view.facets else {}
            if query.groups:
                wanted["exact"] = {"filter": dsl.all_exact(query)}
            grouping: dict[str, Any] = {}
            if view.by_case:
                # Exact up to this many case files; beyond it an estimate.
                wanted["cases"] = {"cardinality": {"field": "case", "precision_threshold": 40_000}}
                grouping = {"collapse": {"field": "case", "inner_hits": {"name": "all", "size": 0}}}
            if wanted:
                grouping["aggregations"] = wanted
            answer = self._search(
                scope,
                dsl.compiled(query, scope),
                view.sort,
                from_=view.offset,
                size=view.limit,
                track_total_hits=True,
                **_pace(query),
                **grouping,
            )
        pages = answer["hits"]["total"]["value"]
        found = answer.get("aggregations", {})
        return Found(
            pages=pages,
            exact=found["exact"]["doc_count"] if query.groups else pages,
            cases=found["cases"]["value"] if view.by_case else None,
            hits=tuple(elastic_entries.hit_of(row, query, view.sort) for row in answer["hits"]["hits"]),
            facets={
                name: facet((bucket["key"], bucket["doc_count"]) for bucket in found[name]["buckets"])
                for name in (FACETS if view.facets else ())
            },
        )

    def _first(self, query: Query, view: View, scope: Scope) -> Found:
        """Return the first pages, and the number of others only if it is easily known."""

        def ask(
            query: dsl.Json, offset: int, limit: int, *, count: int | bool = False, source: bool = True
        ) -> dict[str, Any]:
            return self._search(
                scope, query, Sort.RANK, from_=offset, size=limit, track_total_hits=count, source=source, **pace
            )

        pace = _pace(query)
        rows, exact, pages = first(ask, query, scope, view.offset, view.limit)
        hits = tuple(elastic_entries.hit_of(row, query, Sort.RANK) for row in rows)
        return Found(pages=exact if pages is None else pages, exact=exact, hits=hits, whole=pages is not None)

    def _search(self, scope: Scope, query: dsl.Json, sort: Sort, **more: object) -> dict[str, Any]:
        # The same copy of the index each time, because its sums decide the order. Ranked hits are sorted by scores
        # already; asking for scores again makes Lucene compute that of every page.
        options: dict[str, Any] = {"preference": self._alias, "track_scores": sort is not Sort.RANK, **more}
        routing = dsl.routing(scope)
        # A search that takes too long is not sent again: the cluster gives it up when the connection is closed.
        client = self._client.options(retry_on_timeout=False)
        found = client.search(index=self._alias, routing=routing, query=query, sort=dsl.order(sort), **options)
        return dict(found.body)

    def each(self, query: Query, sort: Sort, scope: Scope) -> Iterator[Hit]:
        """Yield every page of a scope that answers a query, from the index as it was at the beginning."""
        with self._border():
            if self._check():
                for row in self._scan(dsl.routing(scope), dsl.compiled(query, scope), dsl.order(sort)):
                    yield elastic_entries.hit_of(row, query, sort)

    def places(self, query: Query, scope: Scope) -> Iterator[PageRef]:
        """Yield the pages of a scope that answer a query, without a look at their words."""
        with self._border():
            if self._check():
                wanted = dsl.compiled(query, scope)
                found = self._scan(dsl.routing(scope), wanted, [{"place": "asc"}], ["scan", "number"])
                yield from (PageRef(**row["_source"]) for row in found)

    def begun(self) -> dict[str, str]:
        """Return the case files that a rebuild which was stopped has added, with their fingerprints."""
        with self._border():
            index = self._indexes.begun()
            if index is None:
                return {}
            self._client.indices.refresh(index=index)
            return self._cases_in(index)

    def rebuild(self, cases: Iterable[Analysed], kept: Collection[str] = ()) -> int:
        """Rebuild the index under a new name, and move the alias when everything is in and counted.

        That index stays if this is stopped, and :meth:`begun` says what it has. It is removed if the cluster refuses
        a page, because its disk may be full, or has not all that was sent.
        """
        with self._border():
            index = (self._indexes.begun() if kept else None) or self._indexes.make()
            sent = self._drop_all_but(frozenset(kept), index) if kept else 0
            for case, found in cases:
                with self._given_up_if_refused(index):
                    self._put(index, case, found, [])
                sent += len(found)
            self._client.indices.refresh(index=index)
            there = self._count(index)
            with self._given_up_if_refused(index):
                self._check_complete(there, sent)
            self._indexes.use(index)
            # One segment is searched faster than dozens. Besides, the cluster keeps all that was sent of a page, tokens
            # too, until the page's segment is merged: 30 KB instead of 10. It may take long, so nobody waits for it.
            self._client.indices.forcemerge(index=index, max_num_segments=_SEGMENTS, wait_for_completion=False)
        return there

    @contextmanager
    def _given_up_if_refused(self, index: str) -> Iterator[None]:
        """Remove a half-made index if the cluster refuses something."""
        try:
            yield
        except IndexUnusableError:
            with suppress(ApiError, TransportError):  # what went wrong before is what matters
                self._indexes.delete(index)
            raise

    def _drop_all_but(self, kept: frozenset[str], index: str) -> int:
        """Remove what an index has of other case files, also of incomplete ones; return how many pages stay."""
        self._client.indices.refresh(index=index)
        complete, gone = set(), []
        for row in self._scan(dsl.CASES, dsl.EVERY, [{"case": "asc"}], index=index):
            entry = row["_source"]
            if entry.get("fingerprint"):
                complete.add(entry["case"])
            if entry["case"] not in kept:
                gone += [*entry["pages"], elastic_entries.case_place(entry["case"])]
        check_kept(kept, complete)
        self._bulk.send(elastic_entries.delete(index, place) for place in gone)
        self._client.indices.refresh(index=index)
        return self._count(index)

    def _check_complete(self, there: int, sent: int) -> None:
        if there != sent:
            raise IndexUnusableError(
                f"Only {there} of {sent} pages reached {self._settings.url}: the old index stays. "
                "Try again; if it happens again, check the cluster's logs."
            )

    @contextmanager
    def _border(self) -> Iterator[None]:
        with border(self._settings):
            yield

    def _prepare(self) -> None:
        """Make the index where there is none."""
        if not self._check():
            self._indexes.use(self._indexes.make())
            self._checked = True

    def _check(self) -> bool:
        """Return whether there is an index, and check that it has this version."""
        if self._checked:
            return True
        try:
            versions = self._indexes.versions(self._alias)
        except NotFoundError:
            return False
        if versions != {dsl.VERSION}:
            raise IndexUnusableError(
                f"The index {self._alias} at {self._settings.url} was made by another version of Bannasar. Build it "
                "again from the bags: `bannasar index rebuild`."
            )
        self._checked = True
        return True

    def _put(self, index: str, case: CaseFile, put: Iterable[Entry], before: list[str]) -> None:
        """Add a case file to an index; entries that it had ``before`` and no longer has are removed first."""
        now = {elastic_entries.place_of(dsl.ROUTES[one.level], elastic_entries.page_entry(one)): one for one in put}
        self._bulk.send([self._case(index, case, [*before, *now])])
        self._bulk.send(elastic_entries.delete(index, page) for page in set(before).difference(now))
        self._bulk.send(elastic_entries.index(index, page, elastic_entries.source(one)) for page, one in now.items())
        self._bulk.send([self._case(index, case, [*now], fingerprint(case))])

    def _case(self, index: str, case: CaseFile, pages: Iterable[str], is_in: str = "") -> dict[str, Any]:
        """Return the action that writes a case file's own entry; ``is_in`` is its fingerprint once all of it is in."""
        entry = {"case": case.id, "box": case.box, "pages": list(dict.fromkeys(pages))}
        return elastic_entries.index(
            index, elastic_entries.case_place(case.id), {**entry, **({"fingerprint": is_in} if is_in else {})}
        )

    def _pages_of(self, case_id: str) -> list[str]:
        """Return the routes and ids of the pages of a case file that are in, or may be."""
        entry = elastic_entries.case_place(case_id)
        quiet = self._client.options(ignore_status=404)
        found = quiet.get(
            index=self._alias, id=elastic_entries.identity(entry), routing=elastic_entries.route(entry)
        ).body
        return list(found["_source"]["pages"]) if found.get("found") else []

    def _sources_of(self, pages: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the entries that exist, by their routes and ids."""
        found = {}
        for start in range(0, len(pages), _AT_ONCE):
            some = pages[start : start + _AT_ONCE]
            wanted = [{"_id": elastic_entries.identity(page), "routing": elastic_entries.route(page)} for page in some]
            for page, answer in zip(some, self._client.mget(index=self._alias, docs=wanted)["docs"], strict=True):
                if answer.get("found"):
                    found[page] = answer["_source"]
        return found

    def _cases_in(self, index: str) -> dict[str, str]:
        """Return the complete case files of an index, with their fingerprints."""
        found = self._scan(dsl.CASES, dsl.EVERY, [{"case": "asc"}], ["case", "fingerprint"], index)
        rows = (row["_source"] for row in found)
        return {row["case"]: row["fingerprint"] for row in rows if row.get("fingerprint")}

    def _count(self, index: str) -> int:
        """Return how many pages are in an index."""
        return int(self._client.count(index=index, routing=dsl.routing(Scope.everything()))["count"])

    def _scan(
        self,
        routing: str,
        query: dsl.Json,
        sort: list[dsl.Json],
        fields: list[str] | None = None,
        index: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield every row that answers a query, from the index in use or another one, as it was at the beginning."""
        opened = index or self._alias
        point = self._client.open_point_in_time(index=opened, routing=routing, keep_alive=_KEEP_ALIVE)["id"]
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


def _pace(query: Query) -> dict[str, int]:
    """Return how a query is searched that takes long: one level after the other, so that others find a free thread.

    On two processors a cluster searches with four threads, and would take one for each level.
    """
    return {"max_concurrent_shard_requests": 1} if query.is_wide else {}
