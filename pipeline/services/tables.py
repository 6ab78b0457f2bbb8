"""Hits as rows of a table for spreadsheets; text that looks like a formula stays text."""

import io
from collections.abc import Iterable, Sequence

from models.harmless import harmless
from models.hit import Hit

TABLE_COLUMNS = (
    "case", "box", "path", "page", "document", "kind", "court", "case_number", "date", "level", "exact", "snippet",
)  # fmt: skip
"""The columns, each a field of a hit."""

Cell = str | int | bool | float

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection); East Asian ones also
# accept the full-width forms.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cells(hit: Hit) -> dict[str, Cell]:
    """Return a hit's cells by their columns; the words that were found are in brackets."""
    values = hit.model_dump(mode="json", include=set(TABLE_COLUMNS)) | {"snippet": bracketed(hit)}
    return {name: "" if values[name] is None else values[name] for name in TABLE_COLUMNS}


def as_text_cell(value: Cell) -> Cell:
    """Return a cell for CSV that a spreadsheet reads as text, and not as a formula."""
    if not isinstance(value, str):
        return value
    text = harmless(value)
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a spreadsheet. Its cells are typed as text, so that no program reads a formula in them."""
    # Commands that print hits need not wait until this is loaded.
    import xlsxwriter  # noqa: PLC0415

    stream = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, plain) as book:
        sheet = book.add_worksheet("hits")
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, bold)
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(place, column, harmless(value))
                else:
                    sheet.write(place, column, value)
        sheet.autofilter(0, 0, 0, len(columns) - 1)
    return stream.getvalue()


def bracketed(hit: Hit) -> str:
    """Return a hit's snippet with its marks in brackets, for places that show no colour."""
    text = hit.snippet
    for mark in reversed(hit.marks):
        text = f"{text[: mark.start]}[{text[mark.start : mark.end]}]{text[mark.end :]}"
    return text
