"""Marks hits on pictures of pages."""

from collections.abc import Iterable

from PIL import Image, ImageChops, ImageDraw

# Yellow over the words, as with a marker, and a red frame that also shows in grey print.
_MARKER, _FRAME = (255, 224, 64), (200, 30, 30)
_MARGIN = 4


def mark(picture: Image.Image, boxes: Iterable[tuple[int, ...]]) -> None:
    """Mark boxes (left, top, right, bottom) on a picture in RGB, in its pixels."""
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
        picture.paste(ImageChops.darker(inside, Image.new("RGB", inside.size, _MARKER)), place)
        drawn.rectangle((place[0], place[1], place[2] - 1, place[3] - 1), outline=_FRAME, width=2)
