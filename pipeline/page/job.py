"""What is known of a page on its way through the stages: each stage adds its own.

What a stage has not added yet is not there: to ask for it is an error in the order of the stages.
"""

from dataclasses import dataclass, field
from pathlib import Path

from models.page import Block, Rect, Turn
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.picture import Picture, Pixels
from pipeline.page.prepared_page import LinePicture, PreparedPage
from pipeline.page.recogniser import Recogniser, Symbols
from pipeline.page.upright import size_upright


@dataclass(slots=True)
class ScanJob:
    """A page of a scan on its way to its record.

    ``file``, ``kind``, ``scan`` (its SHA-256) and ``number`` (from 1) say which page; ``settings`` how it is read;
    ``seconds`` how long each program may take. ``unread`` is as in :class:`models.page.Page`.
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
    """A page all of whose writing is dark on light.

    ``mask``, of any size, is 255 where the page was turned into its negative. ``mostly`` says that most of the writing
    on the page lies there.
    """

    picture: Picture
    mask: Pixels
    mostly: bool


@dataclass(frozen=True, slots=True)
class View:
    """A grey picture of a page, and how its lines may lie: a turn, 0 or 90, and the lean that is left then."""

    picture: Picture
    directions: tuple[tuple[Turn, float], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A view of a page turned in one of its directions: the number of the view, the turn, the lean, the page so."""

    view: int
    turn: Turn
    skew: float
    page: PreparedPage


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a page lies: the clockwise ``turn`` that sets it upright, the ``skew`` in degrees that it then still leans.

    ``confidence`` is the mean confidence, 0–1, of the symbols that were read so, 0 where there were none. ``latin``
    says that its text is Latin; ``notes`` are for people.
    """

    turn: Turn
    skew: float
    confidence: float
    latin: bool = False
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class PictureJob:
    """The picture of a page on its way to its text.

    ``positive`` is None where nothing is light on dark. ``page`` is the page upright and prepared, ``lines`` are the
    pictures of its lines, ``readings`` what was read on each. ``handwriting`` are the places of lines that a hand
    wrote, ``notes`` remarks for people.
    """

    picture: Picture
    settings: PageSettings
    recogniser: Recogniser
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
        """Pixels of the upright page a pixel of the prepared page."""
        # Not the ratio of the resolutions: a page of nearly the resolution of reading is read with its own pixels.
        return max(self.size) / int(max(self.page.even.pixels.shape))

    def result(self, blocks: tuple[Block, ...], *, blank: bool = False) -> "Reading":
        """Return what was read."""
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
        )


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
