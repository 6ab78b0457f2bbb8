"""The part of an archive from which a question may be answered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Self

from models.level import Level
from models.page import PageRef


@dataclass(frozen=True, slots=True)
class Scope:
    """The pages that an asker may see. Nothing outside it may influence an answer, its counts or its order.

    A page is in it if its case file is not ``refused``, and either its case file is ``granted``, or its level is
    ``level`` or a more open one, its box is among ``boxes`` (None: any box), and its case file has courts, all of them
    among ``courts`` (None: any case file).

    Attributes:
        level: the strictest level that is shown.
        boxes: the names of the boxes shown; None for all.
        courts: the courts whose case files are shown; None for all. A case file of several courts is shown only if all
            of them are named, and one whose court is not known is not shown.
        granted: ids of case files that are shown completely, at any level, in any box, of any court.
        refused: ids of case files of which nothing is shown, even if they are granted.
    """

    level: Level
    boxes: frozenset[str] | None = None
    courts: frozenset[str] | None = None
    granted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    @classmethod
    def everything(cls) -> Self:
        """Return the scope of the operator at the shell: all there is."""
        return cls(Level.SEALED)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is outside it."""
        return self.level is Level.SEALED and not self.is_limited and not self.refused

    @property
    def is_limited(self) -> bool:
        """Whether only some boxes or the case files of some courts are in it."""
        return self.boxes is not None or self.courts is not None

    def holds(self, box: str, courts: Collection[str]) -> bool:
        """Whether a case file, by its box and its courts, is among those that it is limited to."""
        of_courts = self.courts is None or (bool(courts) and self.courts.issuperset(courts))
        return of_courts and (self.boxes is None or box in self.boxes)

    def shows(self, case: str, box: str, level: Level, courts: Collection[str] = ()) -> bool:
        """Whether a page is in it, by its case file, that one's box, its level, and the case file's courts."""
        if case in self.refused:
            return False
        return case in self.granted or (level.rank <= self.level.rank and self.holds(box, courts))


@dataclass(frozen=True, slots=True)
class PageLevels:
    """The effective level of each page of a case file.

    Attributes:
        level: the level of every page that is not in ``pages``.
        pages: the levels of the other pages.
    """

    level: Level
    pages: Mapping[PageRef, Level] = field(default_factory=dict)

    def of(self, scan: str, number: int) -> Level:
        """Return the level of a page, by the SHA-256 of its scan and its number."""
        return self.pages.get(PageRef(scan=scan, number=number), self.level) if self.pages else self.level
