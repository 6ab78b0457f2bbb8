"""Answers that a browser saves as files."""

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from pipeline.services.tables import Cell


def attachment(name: str) -> dict[str, str]:
    """Return the header that makes a browser save an answer under a name of ASCII letters."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def csv_file(name: str, rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a table as a CSV file."""
    stream = io.StringIO()
    stream.write("\ufeff")  # Excel reads UTF-8 only with it
    csv.writer(stream).writerows(rows)
    return Response(stream.getvalue(), media_type="text/csv; charset=utf-8", headers=attachment(name))
