"""Pictures of pages to read on a screen: whole, small, or cut out around a hit."""

import io
import os
from collections.abc import Sequence
from threading import BoundedSemaphore

import pikepdf
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.level import Level
from models.page import Rect
from pipeline.archive.archive import Archive
from pipeline.archive.journal import manifest_of
from pipeline.archive.picture_cache import PictureCache
from pipeline.archive.pictures import file_of
from pipeline.archive.places import pictures_cache
from pipeline.services.markers import mark
from pipeline.services.open_case import PageView

WIDTHS = (160, 900, 1800, 3600)
"""The possible widths of a page in pixels: a thumbnail, one for reading, and two for a closer look."""

# A picture that is decoded takes some 30 MB, and more at once than there are processors are not sooner ready.
_MAKING = BoundedSemaphore(os.cpu_count() or 1)
_QUALITY = 60
_AROUND = 2.2  # heights of the hit's box shown above and below it
_CUT_WIDTH = 720  # pixels
_ORIENTATION = 0x0112  # of Exif: browsers turn a picture by it, and PDF viewers do not
_UPRIGHT = {None, 1}


def page_picture(archive: Archive, page: PageView, width: int) -> bytes:
    """Return a page, upright, as a JPEG no wider than ``width`` pixels.

    If the PDF has a JPEG of it that is not wider, it is that one. Otherwise it is made once. It is kept in the cache of
    the archive, by its case file and the digest of its bag, until that changes (:mod:`pipeline.archive.commit`). What
    is sealed is never kept there.

    Args:
        archive: the archive.
        page: the page.
        width: one of :data:`WIDTHS`.

    Raises:
        ScanError: the page cannot be drawn.
        OSError: the bag cannot be read.
    """
    cache = PictureCache(pictures_cache(archive.folder))
    manifest = manifest_of(page.view.bag)
    name = f"{page.view.case.id}/{manifest[:32]}-{page.ref.scan[:16]}-{page.ref.number}-{width}.jpg"
    is_sealed = page.level is Level.SEALED
    if not is_sealed and (kept := cache.get(name)) is not None:
        return kept
    with _MAKING:
        made = _made(archive, page, width)
    if not is_sealed:
        cache.put(name, made)
        if manifest_of(page.view.bag) != manifest:
            cache.drop(name)  # it may have been sealed since
    return made


def picture_sizes(archive: Archive, page: PageView) -> list[tuple[int, int]]:
    """Return width and height of each picture of a page, the largest last; raises as :func:`page_picture`."""
    largest = Image.open(io.BytesIO(page_picture(archive, page, WIDTHS[-1]))).size
    return [*(_narrowed(largest, width) for width in WIDTHS if width < largest[0]), largest]


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
    left, top, right, bottom = _first_hit(boxes)
    around = round(_AROUND * (boxes[0][3] - boxes[0][1]))
    near = [box for box in boxes if top - around <= box[1] and box[3] <= bottom + around]
    middle = (left + right) // 2
    width = max(_CUT_WIDTH, right - left + 2 * around)
    start = max(0, min(middle - width // 2, picture.width - width))
    frame = (start, max(0, top - around), min(picture.width, start + width), min(picture.height, bottom + around))
    mark(picture, near)
    return _encoded(picture.crop(frame))


def _first_hit(boxes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return what is around the first hit: its box, and the next one if the words go on there.

    They do if it is on the next line, further to the left.
    """
    (left, top, right, bottom), *others = boxes
    height = bottom - top
    if others and others[0][0] < left and bottom - height / 2 <= others[0][1] <= bottom + _AROUND * height:
        return others[0][0], top, max(right, others[0][2]), others[0][3]
    return left, top, right, bottom


def _made(archive: Archive, page: PageView, width: int) -> bytes:
    """Return a page as a JPEG: that of its PDF, unchanged, if it is not too wide, otherwise a new one."""
    if not page.view.case.upright:
        # What turns pages takes 30 MB, which a reading room of upright pages does not need.
        from pipeline.services.pictures import upright_from_pdf  # noqa: PLC0415

        seconds = archive.settings.limits.page_seconds
        found = upright_from_pdf(page.pdf, page.picture_place + 1, page.view.case, page.page, seconds)
        drawn = Image.fromarray(found.pixels)
        return _encoded(_resized(drawn, _narrowed(drawn.size, width)))
    try:
        with pikepdf.open(page.pdf) as pdf:
            (image,) = pdf.pages[page.picture_place].get_images().values()
            raw = file_of(image)
        picture = Image.open(io.BytesIO(raw))
        if picture.width <= width and _is_shown_right(picture):
            return raw
        size = _narrowed(picture.size, width)
        if picture.format == "JPEG":
            # It may be decoded at an eighth, a quarter or half of its size, and twice of what is wanted is enough.
            picture.draft(None, (2 * size[0], 2 * size[1]))
        picture.load()
    except (pikepdf.PdfError, ValueError, IndexError, OSError) as error:
        raise ScanError(Code.PDF, "the picture of a page is not in the place where Bannasar puts it") from error
    return _encoded(_resized(picture, size))


def _is_shown_right(picture: Image.Image) -> bool:
    """Whether a browser shows the file of a picture as a viewer shows it in the PDF."""
    is_jpeg = picture.format == "JPEG" and picture.mode in {"L", "RGB"}
    return is_jpeg and picture.getexif().get(_ORIENTATION) in _UPRIGHT


def _narrowed(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the size of a picture that is made no wider than this."""
    return size if size[0] <= width else (width, max(1, round(size[1] * width / size[0])))


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    plain = picture if picture.mode in {"L", "RGB"} else picture.convert("L" if picture.mode == "1" else "RGB")
    return plain if plain.size == size else plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
