"""A page's picture in, its text out: set upright, cleaned, laid out, recognised."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from models.page import Block, Rect, Turn
from models.settings import PageSettings
from pipeline.page.clean import grey, is_black, shows_a_picture
from pipeline.page.components import Ints
from pipeline.page.digits import with_even_zeros
from pipeline.page.handwriting import handwritten, place_of
from pipeline.page.merge import khmer_share, line_confidence, merged, min_confidence
from pipeline.page.orient import Orientation, find_orientation
from pipeline.page.picture import Picture, Pixels
from pipeline.page.polarity import Positive, positive
from pipeline.page.prepared_page import LETTER, LinePicture, PreparedPage
from pipeline.page.rare_letters import with_rare_letters
from pipeline.page.recognise import Recogniser, Symbols, open_recogniser
from pipeline.page.upright import make_upright, size_upright
from pipeline.page.words import around, to_line

NEGATIVE = "light writing on dark, read as a negative"
PARTLY_NEGATIVE = "a part of the page is light writing on dark, read as a negative"
BY_HAND = "a part of the page is handwriting, and is not read"
ALL_BY_HAND = "the page is handwriting, and is not read"
ONLY_FAINT = "only faint marks that cannot be read, such as ink that shines through"

_READABLE = 0.83
"""Mean confidence of the symbols on a page that can be read: it is 0.9 and more, and in mirror writing at most 0.77."""

_NEGATIVE, _FEW, _BAND = 0.4, 0.8, 0.7
"""Mean confidence of the symbols, at least, on a page that is light on dark, on one with so little text that it may be
dust, and on a part of a page."""

_THRESHOLD = 0.7
"""A Khmer line with a symbol of a lower confidence than this is read again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read on a page.

    ``turn`` is the clockwise turn in degrees that sets the picture upright, ``skew`` the clockwise degrees by which the
    turned picture still leant. ``width`` and ``height`` are those of the upright page in pixels at the picture's own
    dpi, as are the boxes. ``blocks`` are in reading order; ``handwriting`` are the places of the lines that are not in
    them, as a hand wrote them.
    """

    turn: Turn
    skew: float
    width: int
    height: int
    blank: bool
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    handwriting: tuple[Rect, ...] = ()


def read_picture(picture: Picture, settings: PageSettings, seconds: float) -> Reading:
    """Read the picture of a page.

    Args:
        picture: The page as scanned, grey or RGB.
        settings: Resolution of reading, and the models.
        seconds: Time limit for the recogniser.

    Raises:
        ScanError: TIMEOUT, or RECOGNITION when the recogniser fails.
    """
    engine = open_recogniser(settings, seconds)
    whole = picture.pixels
    picture = Picture(whole, _true_dpi(picture))
    orientation, prepared, turned = _find_orientation(picture, engine, settings)
    width, height = size_upright(picture, orientation.turn, orientation.skew)
    if not prepared.lines:
        blank = not shows_a_picture(whole, picture.dpi)
        return Reading(orientation.turn, orientation.skew, width, height, blank=blank, blocks=())
    if prepared.faint and orientation.confidence < _READABLE:
        blank = not is_black(whole, picture.dpi)
        return Reading(orientation.turn, orientation.skew, width, height, blank=blank, blocks=(), notes=(ONLY_FAINT,))
    pictures = [prepared.picture_of(line, LETTER / prepared.letter) for line in prepared.lines]
    readings = (_read_latin if orientation.latin else _read_khmer)(pictures, engine, settings)
    negative: tuple[str, ...] = ()
    if turned:
        readings, legible = _without_false(prepared, readings, turned, orientation)
        negative = (NEGATIVE if turned.mostly else PARTLY_NEGATIVE,) if legible else ()
    # Not the ratio of the resolutions: a page of nearly the resolution of reading is read with its own pixels.
    scale = max(width, height) / max(prepared.even.shape)
    by_hand = handwritten(prepared, pictures, readings)
    places = tuple(place_of(prepared, line, scale) for line, hand in zip(prepared.lines, by_hand, strict=True) if hand)
    printed = [() if hand else symbols for symbols, hand in zip(readings, by_hand, strict=True)]
    blocks = _blocks(prepared, pictures, printed, scale)
    notes = (*negative, *orientation.notes, *([BY_HAND if blocks else ALL_BY_HAND] if places else []))
    return Reading(
        orientation.turn, orientation.skew, width, height, blank=False, blocks=blocks, notes=notes, handwriting=places
    )


def _find_orientation(
    picture: Picture, recogniser: Recogniser, settings: PageSettings
) -> tuple[Orientation, PreparedPage, Positive | None]:
    """Find how a page stands once its light writing is dark.

    Where that is most of its writing, it is so only if it is read better than the page as it is.
    """

    def orientation_of(pixels: Pixels) -> tuple[Orientation, PreparedPage]:
        return find_orientation(Picture(grey(pixels), picture.dpi), recogniser, settings.first_languages, settings.dpi)

    turned = positive(picture)
    if not turned:
        return *orientation_of(picture.pixels), None
    found = orientation_of(turned.picture.pixels)
    if turned.mostly:
        as_it_is = orientation_of(picture.pixels)
        least = _FEW if found[0].notes else _NEGATIVE
        if found[0].confidence < max(least, as_it_is[0].confidence):
            return *as_it_is, None
    return *found, turned


def _without_false(
    prepared: PreparedPage, readings: list[Symbols], turned: Positive, orientation: Orientation
) -> tuple[list[Symbols], bool]:
    """Leave out what was read where there is dark ground with no writing on it, such as a photograph.

    Returns:
        The symbols of each line, and whether there was light writing at all.
    """
    mask = make_upright(Picture(turned.mask, 1.0), orientation.turn, orientation.skew).pixels
    height, width = prepared.even.shape
    large = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    places = np.asarray(cv2.connectedComponents(large)[1], np.int32)
    homes = [_home(prepared.components.boxes[line.components], places) for line in prepared.lines]
    confidences: dict[int, list[float]] = defaultdict(list)
    for home, symbols in zip(homes, readings, strict=True):
        confidences[home].extend(symbol.confidence for symbol in symbols)
    legible = {home for home, some in confidences.items() if some and sum(some) >= _BAND * len(some)} - {0}
    kept = [symbols if not home or home in legible else () for home, symbols in zip(homes, readings, strict=True)]
    return (readings if turned.mostly else kept), turned.mostly or bool(legible)


def _home(boxes: Ints, places: Ints) -> int:
    """Return the place in which the middle of a line lies, 0 where it is on light ground."""
    left, right = int(boxes[:, 0].min()), int(boxes[:, 2].max())
    top, bottom = int(boxes[:, 1].min()), int(boxes[:, 3].max())
    return int(np.bincount(places[top:bottom, left:right].ravel()).argmax())


def _true_dpi(picture: Picture) -> float:
    """Return the resolution of a picture, or that of an A4 page where the one it claims would make it a poster.

    Programs write 72 or 96 dpi into pictures whose resolution they do not know.
    """
    longest = max(picture.pixels.shape[:2])
    return longest / 11.7 if picture.dpi < 150 and longest > 20 * picture.dpi else picture.dpi


def _read_khmer(pictures: list[LinePicture], recogniser: Recogniser, settings: PageSettings) -> list[Symbols]:
    """Read lines with the cheap model, and again those that it is not sure of."""
    readings = recogniser.read([one.pixels for one in pictures], settings.first_languages)

    def again(doubtful: Callable[[Symbols], bool], models: str) -> None:
        chosen = [number for number, symbols in enumerate(readings) if doubtful(symbols)]
        seconds = recogniser.read([pictures[number].pixels for number in chosen], models)
        for number, second in zip(chosen, seconds, strict=True):
            readings[number] = merged(readings[number], second)

    again(lambda symbols: khmer_share(symbols) == 1 and min_confidence(symbols) < _THRESHOLD, settings.khmer_languages)
    again(lambda symbols: 0.2 < khmer_share(symbols) < 1 and min_confidence(symbols) < _THRESHOLD, settings.languages)
    again(lambda symbols: khmer_share(symbols) <= 0.2, settings.latin_languages)
    return readings


def _read_latin(pictures: list[LinePicture], recogniser: Recogniser, settings: PageSettings) -> list[Symbols]:
    """Read lines with the Latin models, and those that these make little of with the one that knows both scripts."""
    readings = recogniser.read([one.pixels for one in pictures], settings.latin_languages)
    chosen = [number for number, symbols in enumerate(readings) if line_confidence(symbols) < 0.3]
    seconds = recogniser.read([pictures[number].pixels for number in chosen], settings.first_languages)
    for number, second in zip(chosen, seconds, strict=True):
        readings[number] = max(readings[number], second, key=line_confidence)
    return readings


def _blocks(
    prepared: PreparedPage, pictures: list[LinePicture], readings: list[Symbols], scale: float
) -> tuple[Block, ...]:
    """Put what was read back into its blocks; lines and blocks of which nothing came are left out."""
    results = iter(zip(pictures, readings, strict=True))
    blocks = []
    for block in prepared.blocks:
        own = [next(results) for _ in block.lines]
        right = [(picture, with_rare_letters(with_even_zeros(symbols))) for picture, symbols in own if symbols]
        lines = [to_line(symbols, picture, prepared.letter, scale) for picture, symbols in right]
        if lines:
            blocks.append(Block(lines=tuple(lines), box=around([line.box for line in lines]), cell=block.cell))
    return tuple(blocks)
