"""The pictures of a bag's pages, taken unchanged from its PDFs."""

from pathlib import Path

import pikepdf

from models.case import CaseFile
from models.errors import ScanError
from models.failure import Code
from pipeline.archive.bag import document_file
from pipeline.formats.tiff import tiff_of

_ENDINGS = {"/DCTDecode": ".jpg", "/JPXDecode": ".jp2", "/CCITTFaxDecode": ".tif"}

_FAX = pikepdf.Name.CCITTFaxDecode


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
                    picture.write_bytes(file_of(image))
                    pictures[ref.scan, ref.number] = picture
        except (pikepdf.PdfError, ValueError, KeyError) as error:
            raise ScanError(
                Code.PDF, f"{file}: its pictures are not in the place where Bannasar puts them ({error})"
            ) from error
    return pictures


def file_of(image: pikepdf.Object) -> bytes:
    """Return the file of a page's picture, its bytes as they are in the PDF: a JPEG, a JPEG 2000 or a TIFF.

    Raises:
        pikepdf.PdfError: the PDF is damaged.
        ValueError: it is no such picture.
    """
    content = image.read_raw_bytes()
    return tiff_of(content, int(image.Width), int(image.Height)) if image.Filter == _FAX else content
