"""The pictures of a bag's pages, taken out of its PDFs as they were put in."""

from pathlib import Path

import pikepdf

from models.case import CaseFile
from models.errors import ScanError
from models.failure import Code
from pipeline.archive.bag import document_file

_ENDINGS = {"/DCTDecode": ".jpg", "/JPXDecode": ".jp2"}


def extract_pictures(bag: Path, case: CaseFile, folder: Path) -> dict[tuple[str, int], Path]:
    """Write the picture of each page of a bag's documents into a folder, its bytes as they are in the PDF.

    So a bag can be made anew without reading its scans, which may need a password.

    Args:
        bag: the bag.
        case: its case file.
        folder: where the pictures go.

    Returns:
        The file of each, by scan and page number.

    Raises:
        ScanError: a PDF is not one that Bannasar made.
    """
    pictures: dict[tuple[str, int], Path] = {}
    for document in case.documents:
        file = document_file(bag, document.number)
        try:
            with pikepdf.open(file) as pdf:
                for ref, sheet in zip(document.pages, pdf.pages, strict=True):
                    (image,) = sheet.get_images().values()
                    picture = folder / f"{len(pictures):06}{_ENDINGS[str(image.Filter)]}"
                    picture.write_bytes(image.read_raw_bytes())
                    pictures[ref.scan, ref.number] = picture
        except (pikepdf.PdfError, ValueError, KeyError) as error:
            raise ScanError(Code.PDF, f"{file}: its pictures are not where Bannasar puts them ({error})") from error
    return pictures
