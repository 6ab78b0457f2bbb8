"""Documents of a case file: each scan is one, as the archive team put it together."""

from collections.abc import Sequence

from models.case import Document
from models.page import PageRef
from models.scan import Scan


def one_per_scan(scans: Sequence[Scan]) -> tuple[Document, ...]:
    """Return one document for each scan, with the name of its file as title, numbered from 1 in the scans' order."""
    return tuple(
        Document(
            number=number,
            title=scan.path.stem,
            pages=tuple(PageRef(scan=scan.sha256, number=page) for page in range(1, scan.pages + 1)),
        )
        for number, scan in enumerate(scans, 1)
    )
