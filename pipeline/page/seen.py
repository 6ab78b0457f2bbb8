"""Finds the text of a PDF page that a viewer shows.

The page is drawn without its text, and then with one part of its text at a time: a character is visible if that changes
pixels. So the reason why a character is not visible does not matter: it may be clipped, covered, transparent, white on
white, invisible, in a layer that is off, or outside the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from models.page import Turn
from pipeline.page.pdf_text import Characters, Integers, Shares, address, bounds, characters_of, in_shares
from pipeline.page.picture import Picture, Pixels, extremes
from pipeline.page.upright import make_upright

Truths = NDArray[np.bool_]

_POINTS_PER_INCH = 72
_DPI = 150.0
_LONGEST = 3000
_DEEPEST = 15
_CHANGE = 12
"""Levels of 256 by which a pixel must change to be visible: light grey on white does, nearly white does not."""
_LEAST = 0.05
"""The share of a character's box that must change: even a comma fills more of its box."""
_SMALLEST = 1.0
"""In points: nobody reads smaller letters."""
_MOST_GROUPS = 5
_MOST_OBJECTS = 20_000
"""With more objects than this, overlaps between them are not computed."""
_OVERLAP = 0.2
_LEAN = 10
"""From this angle to horizontal or vertical on, in degrees, text is slanted."""
_TURNS: tuple[Turn, ...] = (0, 270, 180, 90)


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a PDF page, and which of it is visible.

    Characters of one of the ``groups`` do not overlap those that another object of the same group draws; -1 is for
    inserted characters. ``layer`` are invisible characters over a picture, which an earlier recognition left.
    ``pictures`` are the boxes of the page's pictures, ``bare`` is the page without its text, in RGB. ``turned_by`` is
    its clockwise turn from the view in viewers.
    """

    characters: Characters
    groups: Integers
    seen: Truths
    layer: Truths
    pictures: Shares
    bare: Picture
    turned_by: Turn = 0

    @property
    def text(self) -> Sequence[str]:
        """The characters."""
        return self.characters.text

    @property
    def letters(self) -> Truths:
        """Which characters are letters or digits."""
        return np.array([character.isalnum() for character in self.text], bool)

    @property
    def aslant(self) -> Truths:
        """Which characters run neither horizontally nor vertically."""
        return np.asarray(np.abs((self.characters.angles + 45) % 90 - 45) > _LEAN, bool)

    @property
    def hidden(self) -> Truths:
        """Which letters and digits are not visible and were not left by an earlier recognition."""
        return self.letters & ~self.seen & ~self.layer

    @property
    def hidden_words(self) -> int:
        """The number of words that are at least partly hidden."""
        spaces = [character.isspace() for character in self.text]
        words, hidden = 0, False
        for space, unseen in zip([*spaces, True], [*self.hidden, False], strict=True):
            words += space and hidden
            hidden = not space and (hidden or bool(unseen))
        return words

    @property
    def turn(self) -> Turn:
        """The clockwise turn in degrees that makes most of the visible letters upright."""
        angles = self.characters.angles[self.seen & self.letters & ~self.aslant]
        return _TURNS[int(np.bincount((angles + 45) // 90 % 4, minlength=4).argmax())]

    def turned(self, turn: Turn) -> "PageText":
        """Return the text of the page turned clockwise."""
        characters = replace(
            self.characters,
            boxes=_turned(self.characters.boxes, turn),
            angles=(self.characters.angles + turn) % 360,
        )
        pictures = _turned(self.pictures, turn)
        bare = make_upright(self.bare, turn, 0)
        return replace(self, characters=characters, pictures=pictures, bare=bare, turned_by=turn)


def look_at(page: pdfium.PdfPage) -> PageText:
    """Find the visible text of a page. After this, the opened page is drawn without its text."""
    characters = characters_of(page)
    items = list(page.get_objects(max_depth=_DEEPEST))
    objects = {address(item.raw): item for item in items if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT}
    images = [bounds(item) for item in items if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE]
    pictures = in_shares(page, images)
    invisible = [
        one
        for one, item in objects.items()
        if pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    ]
    _switch(objects.values(), on=False)
    bare = _drawn(page)
    groups = _groups(characters)
    seen = np.zeros(len(characters.text), bool)
    for group in range(groups.max(initial=-1) + 1):
        chosen = groups == group
        some = [objects[one] for one in set(characters.objects[chosen].tolist()) & objects.keys()]
        _switch(some, on=True)
        change = extremes(np.asarray(cv2.absdiff(_drawn(page), bare), np.uint8))[0] >= _CHANGE
        _switch(some, on=False)
        seen[chosen] = _changed(change, characters.boxes[chosen])
    seen &= characters.sizes >= _SMALLEST
    _share_marks(characters.text, seen)
    layer = np.isin(characters.objects, invisible) & _within(characters.boxes, pictures)
    return PageText(characters, groups, seen, layer, pictures, Picture(bare, _dpi(page)))


def bare_picture(page: pdfium.PdfPage, width: int, height: int) -> Pixels:
    """Return the picture, RGB, without text, in this size in pixels, of a page after :func:`look_at`."""
    drawn = _picture(page, max(width / page.get_width(), height / page.get_height()))
    return np.asarray(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _dpi(page: pdfium.PdfPage) -> float:
    return float(min(_DPI, _LONGEST * _POINTS_PER_INCH / max(page.get_width(), page.get_height())))


def _drawn(page: pdfium.PdfPage) -> Pixels:
    return _picture(page, _dpi(page) / _POINTS_PER_INCH)


def _picture(page: pdfium.PdfPage, scale: float) -> Pixels:
    drawn = page.render(scale=scale, rev_byteorder=True)
    return np.array(drawn.to_numpy()[:, :, :3], np.uint8)


def _switch(objects: Iterable[pdfium.PdfObject], *, on: bool) -> None:
    for item in objects:
        pdfium_c.FPDFPageObj_SetIsActive(item.raw, on)


def _groups(characters: Characters) -> Integers:
    """Return a group for each character, so that the objects of one group do not overlap each other."""
    addresses, whose = np.unique(characters.objects, return_inverse=True)
    if len(addresses) > _MOST_OBJECTS:
        return np.where(characters.objects > 0, 0, -1)
    around = np.tile((np.inf, np.inf, -np.inf, -np.inf), (len(addresses), 1))
    np.minimum.at(around[:, :2], whose, characters.boxes[:, :2])
    np.maximum.at(around[:, 2:], whose, characters.boxes[:, 2:])
    # Neighbouring lines may touch.
    reach = _OVERLAP * (around[:, 2:] - around[:, :2])
    around = np.hstack((around[:, :2] + reach, around[:, 2:] - reach))
    groups = np.full(len(addresses), -1)
    for one, (left, top, right, bottom) in enumerate(around):
        if addresses[one]:
            before = around[:one]
            meets = (before[:, 0] < right) & (left < before[:, 2]) & (before[:, 1] < bottom) & (top < before[:, 3])
            taken = set(groups[:one][meets].tolist())
            groups[one] = next((group for group in range(_MOST_GROUPS - 1) if group not in taken), _MOST_GROUPS - 1)
    return groups[whose]


def _changed(change: Truths, boxes: Shares) -> Truths:
    """Return which boxes have enough changed pixels."""
    height, width = change.shape
    sums = cv2.integral(change.astype(np.uint8))
    edges = np.rint(boxes * (width, height, width, height)).astype(int)
    left, top = edges[:, 0].clip(0, width), edges[:, 1].clip(0, height)
    right = np.maximum(edges[:, 2], edges[:, 0] + 1).clip(0, width)
    bottom = np.maximum(edges[:, 3], edges[:, 1] + 1).clip(0, height)
    many = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(many > _LEAST * (right - left) * (bottom - top), bool)


def _share_marks(text: Sequence[str], seen: Truths) -> None:
    """Make a sign that is not a letter or digit, such as a vowel sign or a dot, visible if the letter before it is."""
    for place in range(1, len(text)):
        if not text[place].isalnum() and not text[place].isspace():
            seen[place] |= seen[place - 1]


def _within(boxes: Shares, pictures: Shares) -> Truths:
    """Return which boxes have their centre in a picture."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    found = np.zeros(len(boxes), bool)
    for left, top, right, bottom in pictures:
        found |= (middles > (left, top)).all(axis=1) & (middles < (right, bottom)).all(axis=1)
    return found


def _turned(boxes: Shares, turn: Turn) -> Shares:
    """Return boxes in shares of the page turned clockwise."""
    for _ in range(turn // 90):
        boxes = np.stack((1 - boxes[:, 3], boxes[:, 0], 1 - boxes[:, 1], boxes[:, 2]), axis=1)
    return boxes
