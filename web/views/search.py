"""The search, its facets, and the tables of all hits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from starlette.responses import Response

from models.errors import QueryError, UsageError
from models.hit import Hit
from models.message import Message
from pipeline.services import search as service
from pipeline.services.askers import Action
from pipeline.services.search import FACETS, Sort, View
from pipeline.services.tables import TABLE_COLUMNS, Cell, as_text_cell, cells, write_xlsx
from web.files import attachment, csv_file
from web.room import Asked, page_number, with_query

PER_PAGE = 10
_LAST_PAGE = 1000
_MOST_ROWS = 100_000
_MOST_FACET_VALUES = 12
_YES_NO = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Form:
    """A search request: the words, the clicked facets, the order, the page of hits from 1."""

    q: str = ""
    sort: Sort = Sort.RANK
    by_case: bool = False
    facets: tuple[tuple[str, str], ...] = ()
    page: int = 1

    @property
    def query(self) -> str:
        """The query with the clicked facets, in the query language."""
        return " ".join([self.q, *(_as_query(name, value) for name, value in self.facets)]).strip()

    def address(self, path: str = "/", **changes: object) -> str:
        """Return the address of the same search with changes."""
        form = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # of the fields' types
        given = {
            "q": form.q,
            "sort": "" if form.sort == Sort.RANK else Sort(form.sort).value,
            "by": "case" if form.by_case else "",
            "page": form.page if form.page > 1 else 0,
        }
        base = with_query(path, **given)
        picked = "&".join(with_query("", **{name: value}).removeprefix("?") for name, value in form.facets)
        return base + ("&" if "?" in base else "?") * bool(picked) + picked

    def with_facet(self, name: str, value: str) -> str:
        """Return the address of the search narrowed by a facet's value."""
        return self.address(facets=(*self.facets, (name, value)))

    def without_facet(self, name: str, value: str) -> str:
        """Return the address of the search without a facet's value."""
        return self.address(facets=tuple(one for one in self.facets if one != (name, value)))


def search(asked: Asked) -> Response:
    """Show the search field, and the hits of its words."""
    asker = asked.reader.asker
    asker.must_be_allowed(Action.SEARCH)
    form = read_form(asked)
    if not form.query:
        return asked.page("home.html", form=form)
    view = View(PER_PAGE, (form.page - 1) * PER_PAGE, form.sort, by_case=form.by_case, facets=True)
    try:
        with asked.searching():
            answer = service.search(asked.archive, asker, form.query, view)
    except QueryError as error:
        return asked.page("search.html", 400, form=form, error=error, answer=None)
    found = answer.found
    total = (found.cases if form.by_case else found.pages) or 0
    pages = min(_LAST_PAGE, -(-total // PER_PAGE)) if found.whole else form.page + (len(found.hits) == PER_PAGE)
    facets = {name: found.facets.get(name, ())[:_MOST_FACET_VALUES] for name in FACETS}
    return asked.page("search.html", form=form, error=None, answer=answer, pages=pages, facets=facets)


def hits_csv(asked: Asked) -> Response:
    """Send all hits as CSV."""
    rows = (map(as_text_cell, row) for row in _rows(asked))
    return csv_file("bannasar-hits.csv", (asked.language.columns(TABLE_COLUMNS), *map(tuple, rows)))


def hits_xlsx(asked: Asked) -> Response:
    """Send all hits as a spreadsheet."""
    content = write_xlsx(asked.language.columns(TABLE_COLUMNS), _rows(asked))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(content, media_type=kind, headers=attachment("bannasar-hits.xlsx"))


def read_form(asked: Asked) -> Form:
    """Return the search that an address asks for.

    Raises:
        UsageError: the address asks for an impossible page.
    """
    given = asked.request.query_params
    page = page_number(asked.request, _LAST_PAGE)
    if page is None:
        raise UsageError(Message("There is no such page of hits."), Message("Go back to the first page."))
    return Form(
        q=" ".join(given.get("q", "").split()),
        sort=next((sort for sort in Sort if sort == given.get("sort")), Sort.RANK),
        by_case=given.get("by") == "case",
        facets=tuple((name, value) for name, value in given.multi_items() if name in FACETS and value),
        page=page,
    )


def _rows(asked: Asked) -> Iterator[list[Cell]]:
    """Yield the rows of the table of all hits: kinds, courts and levels as the screen names them."""
    language = asked.language
    for hit in _all_hits(asked):
        said: dict[str, Cell] = {
            "kind": language.kind(hit.kind),
            "court": language.court(hit.court),
            "level": language.gettext(hit.level.value) if hit.level else "",
            "exact": language.gettext(_YES_NO[hit.exact]),
        }
        yield list((cells(hit) | said).values())


def _all_hits(asked: Asked) -> list[Hit]:
    form = read_form(asked)
    if not form.query:
        raise UsageError(
            Message("Nothing was searched for."), Message("Search first, then take the table of the hits.")
        )
    with asked.searching():
        return list(islice(service.each(asked.archive, asked.reader.asker, form.query, form.sort), _MOST_ROWS))


def _as_query(name: str, value: str) -> str:
    quoted = '"' + value.replace('"', " ") + '"'
    return f"date:{value}" if name == "year" else f"{name}:{quoted}"
