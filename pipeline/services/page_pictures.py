"""Pictures of pages to read on a screen: whole, small, or cut out around a hit."""

import io
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pikepdf
from PIL import Image, ImageChops, ImageDraw

from models.errors import ScanError
from models.failure import Code
from models.level import Level
from models.page import Rect
from pipeline.archive.archive import Archive
from pipeline.archive.journal import manifest_of
from pipeline.archive.places import pictures_cache
from pipeline.services.open_case import PageView
from pipeline.services.pictures import FRAME, MARKER, upright_from_pdf

WIDTHS = (160, 900, 1800, 3600)
"""The possible widths of a page in pixels: a thumbnail, one for reading, and two for a closer look."""

_QUALITY = 60
_AROUND = 2.2  # heights of the hit's box shown above and below it
_CUT_WIDTH = 720  # pixels
_MOST_BYTES = 512 << 20
_MARGIN = 4


def page_picture(archive: Archive, page: PageView, width: int) -> bytes:
    """Return a page, upright, as a JPEG no wider than ``width`` pixels.

    It is made once and kept in the archive's cache, by its case file and the digest of its bag, until that changes
    (:mod:`pipeline.archive.commit`). What is sealed is never kept there.

    Args:
        archive: the archive.
        page: the page.
        width: one of :data:`WIDTHS`.

    Raises:
        ScanError: the page cannot be drawn.
        OSError: the bag cannot be read.
    """
    cache = _Cache(pictures_cache(archive.folder))
    manifest = manifest_of(page.view.bag)
    name = f"{page.view.case.id}/{manifest[:32]}-{page.page.scan[:16]}-{page.page.number}-{width}.jpg"
    is_sealed = page.level is Level.SEALED
    if not is_sealed and (kept := cache.get(name)) is not None:
        return kept
    made = _encoded(_smaller(_picture(archive, page), width))
    if not is_sealed:
        cache.put(name, made)
        if manifest_of(page.view.bag) != manifest:
            cache.drop(name)  # it may have been sealed since
    return made


def cut_out(archive: Archive, page: PageView, hits: Sequence[Rect]) -> bytes:
    """Return the part of a page around its first hits as a JPEG, with the hits marked.

    Args:
        archive: the archive.
        page: the page.
        hits: boxes in pixels of the upright page, one or more.

    Raises:
        ScanError: the page cannot be drawn.
        OSError: the bag cannot be read.
    """
    picture = Image.open(io.BytesIO(page_picture(archive, page, 1800))).convert("RGB")
    scale = picture.width / page.page.width
    boxes = [tuple(round(edge * scale) for edge in box) for box in hits]
    left, top, right, bottom = boxes[0]
    around = round(_AROUND * (bottom - top))
    near = [box for box in boxes if top - around <= box[1] and box[3] <= bottom + around]
    middle = (left + right) // 2
    start = max(0, min(middle - _CUT_WIDTH // 2, picture.width - _CUT_WIDTH))
    frame = (start, max(0, top - around), min(picture.width, start + _CUT_WIDTH), min(picture.height, bottom + around))
    _mark(picture, near)
    return _encoded(picture.crop(frame))


def _mark(picture: Image.Image, boxes: Sequence[tuple[int, ...]]) -> None:
    """Colour boxes as with a marker, and frame them so that they are also visible in grey print."""
    drawn = ImageDraw.Draw(picture)
    for left, top, right, bottom in boxes:
        place = (
            max(0, left - _MARGIN),
            max(0, top - _MARGIN),
            min(picture.width, right + _MARGIN),
            min(picture.height, bottom + _MARGIN),
        )
        if place[0] >= place[2] or place[1] >= place[3]:
            continue
        inside = picture.crop(place)
        # The paper gets the marker's colour, ink stays black.
        picture.paste(ImageChops.darker(inside, Image.new("RGB", inside.size, MARKER)), place)
        drawn.rectangle(place, outline=FRAME, width=2)


def _picture(archive: Archive, page: PageView) -> Image.Image:
    if not page.view.case.upright:
        seconds = archive.settings.limits.page_seconds
        found = upright_from_pdf(page.pdf, page.picture_place + 1, page.view.case, page.page, seconds)
        return Image.fromarray(found.pixels)
    try:
        with pikepdf.open(page.pdf) as pdf:
            (image,) = pdf.pages[page.picture_place].get_images().values()
            raw = image.read_raw_bytes()
        picture = Image.open(io.BytesIO(raw))
        picture.load()
    except (pikepdf.PdfError, ValueError, IndexError, OSError) as error:
        raise ScanError(Code.PDF, "the picture of a page is not in the place where Bannasar puts it") from error
    return picture


def _smaller(picture: Image.Image, width: int) -> Image.Image:
    plain = picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")
    if plain.width <= width:
        return plain
    height = max(1, round(plain.height * width / plain.width))
    return plain.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


class _Cache:
    """Files by name in a folder; when there are too many, the oldest are removed. A failing cache only costs time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        with suppress(OSError):
            content = (self._folder / name).read_bytes()
            os.utime(self._folder / name)
            return content
        return None

    def put(self, name: str, content: bytes) -> None:
        file = self._folder / name
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as made:
                made.write(content)
            Path(made.name).replace(file)
            if hash(name) % 64 == 0:
                self._shrink()

    def drop(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def _shrink(self) -> None:
        files = sorted((file.stat().st_mtime, file.stat().st_size, file) for file in self._folder.glob("*/*.jpg"))
        too_much = sum(size for _, size, _ in files) - _MOST_BYTES
        for _, size, file in files:
            if too_much <= 0:
                return
            file.unlink(missing_ok=True)
            too_much -= size
