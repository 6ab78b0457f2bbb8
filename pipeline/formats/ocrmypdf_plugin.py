"""A plugin that makes OCRmyPDF use our words: its engine recognises nothing, and returns layers that exist already.

The layers are in the same folder as the PDF that OCRmyPDF reads; :func:`layer_beside` returns their names.
"""

from pathlib import Path

from ocrmypdf import OcrEngine, OrientationConfidence, hookimpl
from PIL import Image


def layer_beside(pdf: Path, number: int) -> Path:
    """Return the file of the text layer of a page (from 1) of a PDF."""
    return pdf.with_name(f"{pdf.stem}-layer-{number:06}.pdf")


class OurWords(OcrEngine):
    """An OCR engine that returns the layers."""

    @staticmethod
    def version() -> str:
        """Return the version of the engine."""
        return "1"

    @staticmethod
    def creator_tag(options: object) -> str:
        """Return the name of the engine in the PDF."""
        del options
        return "Bannasar"

    def __str__(self) -> str:
        """Return the name of the engine."""
        return "Bannasar"

    @staticmethod
    def languages(options: object) -> set[str]:
        """Return the languages of the engine: OCRmyPDF asks for one."""
        del options
        return {"khm", "fra", "eng"}

    @staticmethod
    def get_orientation(input_file: Path, options: object) -> OrientationConfidence:
        """Return that the page is upright, because it always is."""
        del input_file, options
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: object) -> float:
        """Return that the page is not skewed, because it never is."""
        del input_file, options
        return 0.0

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: object) -> None:
        """Raise an error: the layers are PDFs."""
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: object) -> None:
        """Write the layer of the page that OCRmyPDF calls ``input_file`` (its name begins with the page's number)."""
        number = int(input_file.name.split("_")[0])
        document = Path(options.input_file)  # type: ignore[attr-defined]
        output_pdf.write_bytes(layer_beside(document, number).read_bytes())
        output_text.write_text("", "utf-8")


@hookimpl
def get_ocr_engine(options: object) -> OcrEngine:
    """Return our engine to OCRmyPDF."""
    del options
    return OurWords()


@hookimpl
def rasterize_pdf_page(output_file: Path) -> Path:
    """Write a picture of one pixel for OCRmyPDF: nothing uses it, and a real one would take half a second per page."""
    Image.new("1", (1, 1), 1).save(output_file, "PNG", dpi=(72, 72))
    return output_file
