"""The pictures of a bag's pages, taken unchanged from its PDFs."""

from pathlib import Path

import pikepdf

from models.case import CaseFile
from models.errors import ScanError
from models.failure import Code
from pipeline.archive.bag import document_file

_ENDINGS = {"/DCTDecode": ".jpg", "/JPXDecode": ".jp2"}


def extract_pictures(bag: Path, case: CaseFile, folder: Path) -> dict[tuple[str, int], Path]:
    """Write the picture of each page of a bag's documents into a folder, its bytes as they are in the PDF.

    So a bag can be made again without reading its scans, which may need a password.

    Args:
        bag: the bag.
        case: its case file.
        folder: the folder for the pictures.

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
            raise ScanError(
                Code.PDF, f"{file}: its pictures are not in the place where Bannasar puts them ({error})"
            ) from error
    return pictures
