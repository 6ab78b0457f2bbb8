"""Files that are larger than they seem: small on disk, but too large for a program without limits."""

import struct
import zlib
from pathlib import Path

import pikepdf
from PIL import Image


def png_bomb(file: Path) -> None:
    """Write a PNG of 60,000 × 60,000 pixels in a few kilobytes."""
    rows = zlib.compress(b"\0" * 7501 * 600, 9)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def tiff_bomb(file: Path) -> None:
    """Write a TIFF that claims 100,000 × 100,000 pixels and contains none."""
    entries = [
        (256, 4, 1, 100_000),
        (257, 4, 1, 100_000),
        (258, 3, 1, 1),
        (259, 3, 1, 4),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
    ]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    file.write_bytes(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + directory + bytes(4))


def tiff_loop(file: Path) -> None:
    """Write a TIFF whose second page is followed by its first."""
    frames = [Image.new("L", (850, 1100), shade) for shade in (255, 254)]
    frames[0].save(file, save_all=True, append_images=frames[1:])
    data = bytearray(file.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    second_at = first + 2 + 12 * struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<I", data, second_at)[0]
    struct.pack_into("<I", data, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], first)
    file.write_bytes(data)


def _pdf(file: Path, content: bytes, size: tuple[int, int] = (595, 842)) -> None:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=size)
        page.Contents = pdf.make_stream(content)
        pdf.save(file, compress_streams=True, recompress_flate=True)


def _compressed_spaces(megabytes: int) -> bytes:
    """Return what zlib makes of so many spaces, without compressing more than one megabyte of them."""
    packer = zlib.compressobj(9, wbits=-15)
    # After a full flush nothing refers to what came before: the same bytes can follow again and again.
    one = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    count = megabytes << 20
    low = (1 + 32 * count) % 65521
    high = (count + 32 * count * (count + 1) // 2) % 65521
    return b"\x78\xda" + one * megabytes + b"\x03\x00" + struct.pack(">HH", high, low)


def pdf_stream_bomb(file: Path) -> None:
    """Write a PDF page whose content is 2 GB after two decompressions."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        stream = pdf.make_stream(zlib.compress(_compressed_spaces(2048), 9))
        stream.Filter = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        page.Contents = stream
        pdf.save(file, compress_streams=False)


def pdf_picture_bomb(file: Path) -> None:
    """Write a PDF with a picture that claims 50,000 × 50,000 pixels."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        picture = pdf.make_stream(b"")
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width = picture.Height = 50_000
        picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
        pdf.save(file)


def pdf_wall(file: Path) -> None:
    """Write a PDF page of 200 by 200 inches."""
    _pdf(file, b"", (14_400, 14_400))


def pdf_form_loop(file: Path) -> None:
    """Write a PDF page whose content draws itself."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        form = pdf.make_stream(b"/Fm0 Do")
        form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 595, 842]
        form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm0=form))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm0=form))
        page.Contents = pdf.make_stream(b"/Fm0 Do")
        pdf.save(file)


def pdf_tree_loop(file: Path) -> None:
    """Write a PDF whose tree of pages contains a cycle."""
    file.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 2/Kids[3 0 R 2 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
    )


def pdf_that_draws_for_ever(file: Path) -> None:
    """Write a PDF page with so many lines to draw that no time limit is enough."""
    lines = b"".join(b"%d %d m %d %d l S\n" % (n % 595, n % 842, (7 * n) % 595, (13 * n) % 842) for n in range(1000))
    _pdf(file, b"[0.01 0.01] 0 d 0.01 w " + lines * 400)
