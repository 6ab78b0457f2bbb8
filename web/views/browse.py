"""Browsing the archive without a query: boxes, case files, kinds, courts and years, within the reader's scope."""

from starlette.responses import Response

from pipeline.services import search as service
from pipeline.services.search import Sort, View
from web.room import Asked, page_number

_PER_PAGE = 50
_LAST_PAGE = 1000


def browse(asked: Asked) -> Response:
    """Show what the archive contains, with counts of pages."""
    with asked.searching():
        found = service.everything(asked.archive, asked.reader.asker, View(limit=0, facets=True, by_case=True))
    years = sorted(found.facets.get("year", ()), key=lambda one: one.value)
    most = max((year.pages for year in years), default=1)
    return asked.page("browse.html", found=found, years=years, most=most)


def box(asked: Asked) -> Response:
    """Show the case files of a box."""
    name = asked.request.path_params["box"]
    page = page_number(asked.request, _LAST_PAGE) or 1
    view = View(_PER_PAGE, (page - 1) * _PER_PAGE, Sort.DATE, by_case=True)
    with asked.searching():
        found = service.everything(asked.archive, asked.reader.asker, view, box=name)
    pages = -(-(found.cases or 0) // _PER_PAGE)
    return asked.page("box.html", 200 if found.pages else 404, box=name, found=found, page=page, pages=pages)
