"""Verification, open to everybody: whether a file, or the code of a certificate, is what the archive signed."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from threading import Semaphore

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from models.errors import UsageError
from models.message import Message
from pipeline.services.authenticity import Finding, check_authenticity, check_statement
from pipeline.services.sight import anybody
from web.door import require_own_form
from web.room import Asked

_LONGEST_CODE = 1 << 16
_MOST_UNPACKED = 1 << 30
UPLOADS = Semaphore(16)
"""Files that come in at the same time; each may need 64 MiB of the disk, twice."""
_AT_ONCE = Semaphore(4)  # checks at the same time; each may need a processor and two gigabytes of memory


def verify_form(asked: Asked) -> Response:
    """Show the form."""
    return asked.page("verify.html", finding=None, error=None)


def verify(asked: Asked, form: FormData) -> Response:
    """Show the result of the check of a file or a code."""
    require_own_form(asked.request, None, "")
    if not _AT_ONCE.acquire(blocking=False):
        return busy(asked)
    try:
        return _checked(asked, form)
    finally:
        _AT_ONCE.release()


def busy(asked: Asked) -> Response:
    """Say that too many files are being verified."""
    others = asked.language.gettext("Others are verifying something now. Try again in a minute.")
    return asked.page("verify.html", 503, finding=None, error=others)


def _checked(asked: Asked, form: FormData) -> Response:
    asker = asked.visit.asker if asked.visit else anybody(asked.archive, datetime.now(UTC))
    file, code = form.get("file"), form.get("code")
    finding: Finding
    if isinstance(file, UploadFile) and file.filename:
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            # Its ending shows how it is packed; nothing else of its name is used.
            ending = PurePosixPath(file.filename).suffix[:8]
            place = Path(folder, "given" + ("".join(one for one in ending if one.isalnum() or one == ".") or ""))
            with place.open("wb") as stream:
                shutil.copyfileobj(file.file, stream)
            finding = check_authenticity(asked.archive, str(place), asker=asker, most_bytes=_MOST_UNPACKED)
    elif isinstance(code, str) and code.strip():
        if len(code) > _LONGEST_CODE:
            raise UsageError(Message("The code is too long to be one of a certificate."))
        finding = check_statement(asked.archive, code.strip(), asker)
    else:
        return asked.page(
            "verify.html", 400, finding=None, error=asked.language.gettext("Choose a file, or type the code.")
        )
    asked.request.state.verdict = finding.verdict.value
    return asked.page("verify.html", finding=finding, error=None)
