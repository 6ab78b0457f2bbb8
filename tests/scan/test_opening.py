"""Picture files other than TIFF, and files that are not read."""

import base64
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.intake.inspect import inspect
from pipeline.page.render import render
from tests.scan.tiffs import looks_right, page

LIMITS = load().limits
# The page as a HEIC of 48 × 60 pixels: the programs of the tests cannot write one.
_HEIC = base64.b64decode(
    b"AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    b"AA5waXRtAAAAAAACAAAAEGlkYXQAAAAAADAAPAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAAeQACAAEAAAAAAAAA"
    b"AQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADYaXBycAAA"
    b"ALZpcGNvAAAAdmh2Y0MBA3AAAAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQED"
    b"cAAAAwCQAAADAAADAB6gIIEFlurkprm4EBAwIAAAAwAgAAADACEiAAEABkQBwXPAiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlz"
    b"cGUAAAAAAAAAMAAAADwAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGlt"
    b"ZwACAAEAAQAAAIFtZGF0AAAAdSgBrwng4z8rl1Zs6cANuEAuY6CM2b5l2YPqP+GhU0VS/jwMTVAZBg4ubWknA8Kjcpz8igOq5SZS"
    b"AY7FKU8wFcSQ5rrdz4b0bkp+PPZLrmo/2XXBDpm9Bz2RejACxfk598ZpBgtyEtHhZvsLUX3OU1pSaVIUwA=="
)
KINDS = {
    "JPEG": Kind.JPEG,
    "PNG": Kind.PNG,
    "JPEG2000": Kind.JPEG2000,
    "WEBP": Kind.WEBP,
    "AVIF": Kind.AVIF,
    "BMP": Kind.BMP,
    "GIF": Kind.GIF,
    "PPM": Kind.PNM,
    "HEIC": Kind.HEIC,
}


def _write(file: Path, kind: str) -> Path:
    if kind == "HEIC":
        file.write_bytes(_HEIC)
    else:
        Image.fromarray(page()).save(file, kind)
    return file


def _refusal(file: Path, **limits: int) -> Code:
    """Return why a file is refused, in the intake or when its page is read."""
    with pytest.raises(ScanError) as caught:
        render(file, *inspect(file, LIMITS.model_copy(update=limits), 300), 300, 30)
    return caught.value.failure.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_read_whatever_it_is_called(tmp_path, kind):
    """At intake and as a page."""
    file = _write(tmp_path / "a.doc", kind)
    assert inspect(file, LIMITS, 300) == (KINDS[kind], 1)
    assert looks_right(render(file, KINDS[kind], 1, 300, 30).pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_is_damaged(tmp_path, kind):
    """In its header, in its middle and after it: never with an unknown kind, never with half a page."""
    whole = _write(tmp_path / "a", kind).read_bytes()
    cut = tmp_path / "cut"
    for size in (20, 30, len(whole) // 2, len(whole) * 3 // 4):
        cut.write_bytes(whole[:size])
        assert _refusal(cut) is Code.DAMAGED


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_whose_rest_is_zeros_is_damaged(tmp_path, progressive):
    """If the network loses the rest of a file, the file keeps its size; readers would show the rest as grey paper."""
    file = tmp_path / "a"
    Image.fromarray(page()).save(file, "JPEG", progressive=progressive, comment=b"\xff\xd9")
    whole = file.read_bytes()
    for kept in (len(whole) // 2, len(whole) * 3 // 4, len(whole) - 2):
        file.write_bytes(whole[:kept] + bytes(max(64, len(whole) - kept)))
        assert _refusal(file) is Code.DAMAGED
    file.write_bytes(whole + bytes(4845))
    assert looks_right(render(file, *inspect(file, LIMITS, 300), 300, 30).pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_too_large_is_refused_undecoded(tmp_path, kind):
    """Each kind states its size in its header."""
    file = _write(tmp_path / "a", kind)
    assert _refusal(file, page_megapixels=0) is Code.PAGE_TOO_LARGE


def test_of_an_animation_the_first_picture_is_the_page(tmp_path):
    """It is one page, and this one."""
    frames = [Image.fromarray(page()), Image.new("L", (48, 60), 0)]
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        frames[0].save(tmp_path / "a", kind, save_all=True, append_images=frames[1:])
        assert inspect(tmp_path / "a", LIMITS, 300) == (KINDS[kind], 1)
        assert looks_right(render(tmp_path / "a", KINDS[kind], 1, 300, 30).pixels)


@pytest.mark.parametrize("depth", ["u1", "u2", "u2 of 12 bits"])
def test_grey_pngs_of_every_depth(tmp_path, depth):
    """16 bits keep all the shades of the scanner."""
    grey = page() if depth == "u1" else page().astype("u2") * (257 if depth == "u2" else 16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert looks_right(render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).pixels)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "LA", "RGBA"])
def test_what_is_transparent_in_a_png_is_paper(tmp_path, mode):
    """One transparent shade, or an opacity for each pixel, with anything under it."""
    ink = Image.fromarray(np.where(page() < 128, np.uint8(255), np.uint8(0)))
    options: dict[str, Any] = {}
    if mode in {"LA", "RGBA"}:
        black = Image.new("L", ink.size, 0)
        image = Image.merge("LA", (black, ink)).convert(mode)
    else:
        image = ink.point(lambda shade: 9 if shade else 200).convert(mode)
        options["transparency"] = (200, 200, 200) if mode == "RGB" else 200
    image.save(tmp_path / "a.png", **options)
    pixels = render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).pixels
    assert pixels[40, 40].min() == 255
    assert pixels[8, 8].max() < 20


@pytest.mark.parametrize("kind", ["text", "packed text", "international text", "profile"])
def test_what_a_program_wrote_beside_a_png_does_not_matter(tmp_path, kind):
    """Its history, its XMP, its colour profile: megabytes of them."""
    info = PngImagePlugin.PngInfo()
    options: dict[str, Any] = {}
    if kind == "profile":
        options["icc_profile"] = bytes(3_000_000)
    elif kind == "international text":
        info.add_itxt("XML:com.adobe.xmp", " " * 3_000_000, zip=True)
    else:
        info.add_text("History", " " * 3_000_000, zip=kind == "packed text")
    Image.fromarray(page()).save(tmp_path / "a.png", pnginfo=info, **options)
    assert inspect(tmp_path / "a.png", LIMITS, 300) == (Kind.PNG, 1)
    assert looks_right(render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).pixels)


def test_text_that_would_fill_the_memory_is_refused(tmp_path):
    """70 MB in 70 kB are not a history."""
    info = PngImagePlugin.PngInfo()
    info.add(b"zTXt", b"History\0\0" + zlib.compress(bytes(70 << 20)))
    Image.fromarray(page()).save(tmp_path / "a.png", pnginfo=info)
    assert _refusal(tmp_path / "a.png") is Code.DAMAGED


def _office(file):
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")


def _word(file):
    with zipfile.ZipFile(file, "w") as packed:
        for name in ("[Content_Types].xml", "docProps/a.xml", "b.xml", "c.xml", "d.xml", "word/document.xml"):
            packed.writestr(name, "<Monsieur/>")


def _archive(file):
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", "Monsieur")


def _deep_jpeg(file):
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(file, "JPEG")
    data = file.read_bytes()
    frame = data.index(b"\xff\xc0")
    file.write_bytes(data[: frame + 4] + bytes([12]) + data[frame + 5 :])


UNREAD = {
    "djvu": lambda file: file.write_bytes(b"AT&TFORM\0\0\1\0DJVMDIRM" + bytes(40)),
    "JPEG XL": lambda file: file.write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "),
    "Photoshop": lambda file: file.write_bytes(b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x10\0\0\0\x10\0\x08\0\3"),
    "PostScript": lambda file: file.write_bytes(b"%!PS-Adobe-3.0\n"),
    "pcx": lambda file: Image.fromarray(page()).save(file, "PCX"),
    "tga": lambda file: Image.fromarray(page()).save(file, "TGA"),
    "office": _office,
    "office document of the present": _word,
    "archive": _archive,
    "JPEG of 12 bits": _deep_jpeg,
    "office document": lambda file: file.write_bytes(b"{\\rtf1\\ansi Monsieur}"),
    "office document of the nineties": lambda file: file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_a_kind_that_is_not_read_is_named(tmp_path, kind):
    """It is not damaged, and it is a document; and none of its text is shown."""
    file = tmp_path / "a.pdf"
    UNREAD[kind](file)
    with pytest.raises(ScanError) as caught:
        inspect(file, LIMITS, 300)
    assert caught.value.failure.code is Code.UNSUPPORTED
    assert kind.split(" of the")[0].lower() in caught.value.failure.detail.lower()
    assert "Monsieur" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"RIFF\x24\0\0\0WAVEfmt ", b"BM est venu", b"Monsieur", b"OTTO\0\x0b\0\x80", bytes(100)]
)
def test_what_only_begins_like_a_picture_is_no_document(tmp_path, data):
    """A recording, a letter."""
    (tmp_path / "a.bmp").write_bytes(data)
    assert _refusal(tmp_path / "a.bmp") is Code.NOT_A_DOCUMENT
