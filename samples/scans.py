"""Pages into files, as scanners write them."""

import io
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from samples.typeset import Pixels


def write_scan(pages: list[Pixels], path: Path, dpi: int, quality: int = 50) -> None:
    """Write pages as a scan of the kind that the suffix of its name gives.

    ``.tif`` with two levels is compressed as a fax (G4), with more as LZW; ``.pdf`` holds one JPEG a page and no text.

    Raises:
        ValueError: An unknown suffix, or several pages for a kind that holds one.
    """
    pictures = [Image.fromarray(page) for page in pages]
    first = pictures[0]
    match path.suffix, len(pages):
        case ".tif", _:
            _write_tiff(pictures, path, dpi)
        case ".pdf", _:
            _write_pdf(pictures, path, dpi, quality)
        case ".jpg", 1:
            first.save(path, quality=quality, dpi=(dpi, dpi))
        case ".png", 1:
            first.save(path, dpi=(dpi, dpi), optimize=True)
        case ".webp", 1:
            first.save(path, quality=quality, method=4)
        case ".jp2", 1:
            first.save(path, quality_mode="rates", quality_layers=[24], irreversible=True)
        case _:
            raise ValueError(f"a scan of {len(pages)} pages cannot be written as {path.suffix}")


def _write_tiff(pictures: list[Image.Image], path: Path, dpi: int) -> None:
    levels = {value for picture in pictures for _, value in picture.getcolors(256) or []}
    fax = levels <= {0, 255}
    ready = [picture.convert("1", dither=Image.Dither.NONE) if fax else picture for picture in pictures]
    ready[0].save(
        path,
        save_all=True,
        append_images=ready[1:],
        compression="group4" if fax else "tiff_lzw",
        dpi=(dpi, dpi),
        tiffinfo={317: 2} if not fax else {},  # predictor: differences between neighbours pack better
    )


def _write_pdf(pictures: list[Image.Image], path: Path, dpi: int, quality: int) -> None:
    pdf = pikepdf.new()
    for picture in pictures:
        jpeg = io.BytesIO()
        picture.save(jpeg, "jpeg", quality=quality)
        width, height = (round(side * 72 / dpi, 2) for side in picture.size)
        image = pikepdf.Stream(
            pdf,
            jpeg.getvalue(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=picture.width,
            Height=picture.height,
            ColorSpace=Name.DeviceGray if picture.mode == "L" else Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, width, height]),
            Resources=Dictionary(XObject=Dictionary(Scan=image)),
            Contents=pdf.make_stream(f"q {width} 0 0 {height} 0 0 cm /Scan Do Q".encode()),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.save(path, deterministic_id=True)
