"""Searches a list in one go: each line is a query, and each query a row of the table."""

from dataclasses import dataclass
from itertools import islice

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from models.errors import QueryError, TooManyError, UsageError
from models.hit import Hit
from models.message import Message
from pipeline.services import search as service
from pipeline.services.askers import Action
from pipeline.services.search import View
from pipeline.services.tables import Cell, as_text_cell
from web.door import require_own_form
from web.files import csv_file
from web.room import Asked

MOST = 500
_COLUMNS = ("query", "pages", "exact", "case", "path", "page", "error")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: the number of pages that it finds and the first of them, or why it cannot be searched."""

    query: str
    pages: int = 0
    exact: int = 0
    hit: Hit | None = None
    error: str = ""


def names_form(asked: Asked) -> Response:
    """Show the form."""
    asked.reader.asker.must_be_allowed(Action.SEARCH)
    return asked.page("names.html", rows=None, text="", error=None, most=MOST)


def names(asked: Asked, form: FormData) -> Response:
    """Search every line, and show or send the table."""
    reader = asked.reader
    reader.asker.must_be_allowed(Action.SEARCH)
    require_own_form(asked.request, reader, str(form.get("token", "")))
    lines = _lines(form)
    if not lines:
        error = asked.language.gettext("Type a line for each search, or choose a file of them.")
        return asked.page("names.html", 400, rows=None, text="", error=error, most=MOST)
    rows = [_row(asked, line) for line in lines]
    if form.get("as") == "csv":
        reader.asker.must_be_allowed(Action.EXPORT)
        return csv_file("bannasar-list.csv", (asked.language.columns(_COLUMNS), *map(_cells, rows)))
    return asked.page("names.html", rows=rows, text="\n".join(lines), error=None, most=MOST)


def _lines(form: FormData) -> list[str]:
    file, text = form.get("file"), form.get("list")
    given = str(text or "")
    if isinstance(file, UploadFile) and file.filename:
        try:
            given = file.file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(
                Message("The list is not a text in UTF-8."), Message("Save it as UTF-8, a line for each search.")
            ) from None
    lines = list(islice((" ".join(line.split()) for line in given.splitlines() if line.strip()), MOST + 1))
    if len(lines) > MOST:
        raise UsageError(Message("The list is too long."), Message("Search at most {n} lines at a time.", n=MOST))
    return list(dict.fromkeys(lines))


def _row(asked: Asked, query: str) -> Row:
    try:
        with asked.searching():
            found = service.search(asked.archive, asked.reader.asker, query, View(limit=1)).found
    except (QueryError, TooManyError) as error:
        return Row(query, error=asked.language.say(error.sentence))
    return Row(query, found.pages, found.exact, found.hits[0] if found.hits else None)


def _cells(row: Row) -> list[Cell]:
    hit = row.hit
    place = (hit.case, hit.path, hit.page) if hit else ("", "", "")
    return [as_text_cell(cell) for cell in (row.query, row.pages, row.exact, *place, row.error)]
