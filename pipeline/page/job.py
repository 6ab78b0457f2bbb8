"""The data of a page on its way through the stages: each stage adds its own results.

A result that no stage has added yet does not exist: using it means that the order of the stages is wrong.
"""

from dataclasses import dataclass, field
from pathlib import Path

from models.page import Block, Rect, Turn
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.marks import Marks
from pipeline.page.picture import Picture, Pixels
from pipeline.page.prepared_page import LinePicture, PreparedPage
from pipeline.page.recogniser import Network, Recogniser, Symbols
from pipeline.page.upright import size_upright


@dataclass(slots=True)
class ScanJob:
    """A page of a scan on its way to its record.

    ``file``, ``kind``, ``scan`` (its SHA-256) and ``number`` (from 1) identify the page; ``settings`` define how it is
    read; ``seconds`` is the time limit of each program. ``unread`` is as in :class:`models.page.Page`.
    """

    file: Path
    kind: Kind
    scan: str
    number: int
    settings: PageSettings
    seconds: float
    picture: Picture = field(init=False)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Positive:
    """A page on which all writing is dark on light.

    ``mask``, of any size, is 255 where the page was inverted. ``mostly``: most of the writing on the page is there.
    """

    picture: Picture
    mask: Pixels
    mostly: bool


@dataclass(frozen=True, slots=True)
class View:
    """A grey picture of a page, and the possible directions of its lines: a turn, 0 or 90, and the remaining skew.

    The likeliest comes first.
    """

    picture: Picture
    directions: tuple[tuple[Turn, float], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A view of a page turned in one of its directions: the number of the view, the turn, the skew, the turned page."""

    view: int
    turn: Turn
    skew: float
    page: PreparedPage


@dataclass(frozen=True, slots=True)
class Orientation:
    """The orientation of a page: the clockwise ``turn`` that makes it upright, and the remaining ``skew`` in degrees.

    ``confidence`` is the mean confidence, 0–1, of the symbols that were read this way, 0 if there were none. ``latin``:
    its text is Latin; ``notes`` are for people.
    """

    turn: Turn
    skew: float
    confidence: float
    latin: bool = False
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class PictureJob:
    """The picture of a page on its way to its text.

    ``network`` is None if the settings name none, ``positive`` if nothing is light on dark. ``page`` is the page
    upright and prepared, ``lines`` are the pictures of its lines, ``readings`` the symbols of each. ``handwriting`` are
    the places of handwritten lines, ``notes`` remarks for people.
    """

    picture: Picture
    settings: PageSettings
    recogniser: Recogniser
    network: Network | None
    positive: Positive | None = None
    views: list[View] = field(init=False)
    candidates: list[Candidate] = field(init=False)
    orientation: Orientation = field(init=False)
    page: PreparedPage = field(init=False)
    lines: list[LinePicture] = field(init=False)
    readings: list[Symbols] = field(init=False)
    handwriting: tuple[Rect, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright page in pixels of the picture."""
        return size_upright(self.picture, self.orientation.turn, self.orientation.skew)

    @property
    def scale(self) -> float:
        """Pixels of the upright page per pixel of the prepared page."""
        # Not the ratio of the resolutions: a page with nearly the resolution of reading is read with its own pixels.
        return max(self.size) / int(max(self.page.even.pixels.shape))

    def result(self, blocks: tuple[Block, ...], marks: Marks | None = None, *, blank: bool = False) -> "Reading":
        """Return the reading; ``marks`` are in pixels of the upright page."""
        marks = marks or Marks()
        width, height = self.size
        return Reading(
            turn=self.orientation.turn,
            skew=self.orientation.skew,
            width=width,
            height=height,
            blank=blank,
            blocks=blocks,
            notes=self.notes,
            handwriting=self.handwriting,
            seals=marks.seals,
            signatures=marks.signatures,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """The text that was read on a page.

    ``turn`` is the clockwise turn in degrees that makes the picture upright, ``skew`` the clockwise degrees by which
    the turned picture was skewed. ``width``, ``height`` and the boxes are in pixels of the upright page at the
    picture's own dpi. ``blocks`` are in reading order; ``handwriting`` are the places of handwritten lines, which are
    not in them; ``seals`` and ``signatures`` are as in :class:`models.page.Page`.
    """

    turn: Turn
    skew: float
    width: int
    height: int
    blank: bool
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    handwriting: tuple[Rect, ...] = ()
    seals: tuple[Rect, ...] = ()
    signatures: tuple[Rect, ...] = ()
