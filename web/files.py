"""Answers that a browser saves as files."""

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from starlette.responses import Response

from pipeline.services.tables import Cell


def attachment(name: str) -> dict[str, str]:
    """Return the header that makes a browser save an answer under a name of ASCII letters."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def inline(name: str) -> dict[str, str]:
    """Return the header for a file that a browser shows, with the name under which it saves it.

    The name may be in Khmer. What a file system does not allow, and marks that nobody sees, become ``_``.
    """
    safe = "".join(one if one.isprintable() and one not in '/\\:*?"<>|' else "_" for one in name)
    plain = "".join(one if one.isascii() else "_" for one in safe)
    return {"Content-Disposition": f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"}


def csv_file(name: str, rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a table as a CSV file."""
    stream = io.StringIO()
    stream.write("\ufeff")  # Excel reads UTF-8 only with it
    csv.writer(stream).writerows(rows)
    return Response(stream.getvalue(), media_type="text/csv; charset=utf-8", headers=attachment(name))
