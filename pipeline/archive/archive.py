"""One archive: its folder, with everything in it behind one object.

What only some commands need is imported where it is used: `bannasar status` would wait longer for it than for its
answer.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from models.errors import ArchiveError, NotFoundError
from models.scan import Box
from models.settings import IndexSettings, Settings
from pipeline.archive import bag as bags_room
from pipeline.archive import ledger_schema, places
from pipeline.archive.ledger import Ledger
from pipeline.archive.lock import hold
from pipeline.archive.placing import recover
from pipeline.archive.results import Results

if TYPE_CHECKING:
    from pipeline.archive.commit import Commits
    from pipeline.archive.custody import CustodyRecorder
    from pipeline.index.store import Store


class Archive:
    """One archive. Its parts are opened at their first use, and closed together.

    ``folder`` is the archive's folder, ``settings`` are all settings. Reading needs nothing more. The archive is
    changed only within :meth:`held`, and case files only by :attr:`commits`. A ledger of an older version is not
    read until :meth:`migrate` has brought it up to date.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare an archive that may not be there yet; see :meth:`open`."""
        self.settings = settings
        self.folder = settings.archive
        self._parts = ExitStack()
        self._is_held = False

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open an archive that is there.

        Raises:
            NotFoundError: there is none.
            ArchiveError: there is no permission to look at it.
        """
        archive = cls(settings)
        try:
            is_made = archive.is_made
        except OSError as error:
            raise ArchiveError(f"{archive.folder}: {error.strerror}.", "Check its permissions and the disk.") from error
        if not is_made:
            raise NotFoundError(
                f"There is no archive at {archive.folder} yet.",
                f"Make one with `bannasar run BOX --archive {archive.folder}`.",
            )
        return archive

    @property
    def is_made(self) -> bool:
        """Whether there is an archive."""
        return ledger_schema.is_made(self.folder)

    @property
    def has_ledger(self) -> bool:
        """Whether there is something in the ledger's place, a ledger or not."""
        return ledger_schema.ledger_file(self.folder).exists()

    def __enter__(self) -> Self:
        """Return the archive."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        self.close()

    def close(self) -> None:
        """Close ledger and index, if they were opened."""
        self._parts.close()
        for name in ("ledger", "index"):
            self.__dict__.pop(name, None)

    @contextmanager
    def held(self, *, finish: bool = True) -> Iterator[Self]:
        """Hold the archive against other processes; migrate its ledger, and finish what a crash left half done.

        Args:
            finish: False if the ledger is to be made again first, or if nothing may change.

        Raises:
            ArchiveBusyError: another process holds it, or it cannot be written.
            KeyUnusableError: the archive's key cannot be used.
        """
        if self._is_held:  # one service may call another
            yield self
            return
        with hold(self.folder):
            self._is_held = True
            try:
                if finish:
                    self.recover()
                    self.migrate()
                    self.commits.finish()
                yield self
            finally:
                self._is_held = False
                self.__dict__.pop("commits", None)
                self.__dict__.pop("recorder", None)

    def work_in_progress(self) -> list[Path]:
        """Return what is in the folder for work in progress; if nobody holds the archive, a crash left it."""
        return list(places.work_folder(self.folder).glob("*"))

    def recover(self) -> None:
        """Repair what a crash in the middle of a bag left; the archive must be held."""
        recover(self.folder)

    def migrate(self) -> None:
        """Bring the ledger up to date if an older version wrote it; otherwise, or if there is none, do nothing.

        Raises:
            ArchiveBusyError: another process holds the archive, or it cannot be written.
            LedgerError: the ledger cannot be used.
        """
        if not ledger_schema.is_outdated(self.folder):
            return
        with nullcontext() if self._is_held else hold(self.folder):
            ledger_schema.migrate(self.folder)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger.

        Raises:
            LedgerError: it cannot be used, or an older version wrote it.
        """
        return self._parts.enter_context(Ledger(self.folder))

    def set_ledger_aside(self) -> Path | None:
        """Rename the ledger, so that a new one can be made, and return its new file; None where there is none."""
        self.close()
        return ledger_schema.set_aside(self.folder)

    @cached_property
    def index(self) -> "Store":
        """The index.

        Raises:
            IndexUnusableError: it cannot be used.
        """
        from pipeline.index.opening import open_index  # noqa: PLC0415

        return self._parts.enter_context(open_index(self.folder, self.settings.index))

    def index_to_rebuild(self, elsewhere: IndexSettings | None = None) -> "Store":
        """Open the index to make it again: a file that is damaged or of another version is removed first.

        Args:
            elsewhere: another index than the archive's own.

        Raises:
            IndexUnusableError: it cannot be used.
        """
        from pipeline.index.opening import open_to_rebuild  # noqa: PLC0415

        if elsewhere is not None:
            return self._parts.enter_context(open_to_rebuild(self.folder, elsewhere))
        self.__dict__.pop("index", None)
        self.__dict__["index"] = self._parts.enter_context(open_to_rebuild(self.folder, self.settings.index))
        return self.index

    @property
    def index_place(self) -> str:
        """Where the index is: the address of a cluster, or a file."""
        from pipeline.index.opening import place_of  # noqa: PLC0415

        return place_of(self.folder, self.settings.index)

    @property
    def has_index(self) -> bool:
        """Whether there is something to search."""
        from pipeline.index.opening import is_made  # noqa: PLC0415

        return is_made(self.folder, self.settings.index)

    @cached_property
    def recorder(self) -> "CustodyRecorder":
        """The recorder, which writes the journal and signs, with the archive's key if that is there.

        Raises:
            KeyUnusableError: a key cannot be used.
            OSError: a key cannot be read.
        """
        from pipeline.archive.custody import custody_recorder  # noqa: PLC0415

        return custody_recorder(self.settings)

    @cached_property
    def commits(self) -> "Commits":
        """The only way to change case files; the archive must be held."""
        from pipeline.archive.commit import Commits  # noqa: PLC0415

        return Commits(self.folder, self.ledger, self.recorder, lambda: self.index)

    @cached_property
    def results(self) -> Results:
        """The pages that were read and are kept until their case file is archived."""
        return Results(self.folder)

    def bag(self, case: str) -> Path:
        """Return the folder of a case file's bag.

        Raises:
            NotFoundError: the archive holds no such case file.
        """
        place = self.ledger.bag_of(case)
        if not place:
            raise NotFoundError(
                f"The archive holds no case file {case}.", "`bannasar status` and `bannasar search` name them."
            )
        return self.folder / place

    def place_of(self, box: str, case: str) -> Path:
        """Return the folder where the bag of a case file is, or will be."""
        return places.bag_place(self.folder, box, case)

    def path_of(self, bag: Path) -> str:
        """Return the path of a bag in the archive, as in ledger and journal."""
        return bag.relative_to(self.folder).as_posix()

    @property
    def has_bags(self) -> bool:
        """Whether there is a folder of bags, with or without any in it."""
        return places.bags_folder(self.folder).is_dir()

    def bags(self, box: str | None = None) -> Iterator[Path]:
        """Yield every bag, or those of one box, in the order of their paths."""
        return bags_room.bags(self.folder, box)

    def bag_folders(self) -> Iterator[Path]:
        """Yield every folder where a bag should be, even a damaged one, in the order of their paths."""
        return bags_room.bag_folders(self.folder)

    def shown_bags(self, box: str | None = None) -> Iterator[Path]:
        """Yield every bag that searches find, those that are not withdrawn; with a box those of that box only."""
        return bags_room.shown_bags(self.folder, box)

    def box(self, name: str, among: Sequence[Box] | None = None) -> Box:
        """Return the box of that id, or at that folder, among some or (None) all.

        Raises:
            NotFoundError: the archive holds none.
        """
        known = self.ledger.boxes() if among is None else among
        for each in known:
            if name == each.id or Path(name).resolve() == each.root:
                return each
        listed = ", ".join(each.id for each in known) or "none yet"
        raise NotFoundError(f"The archive holds no box {name}.", f"It holds: {listed}.")
