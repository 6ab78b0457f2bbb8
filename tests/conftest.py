"""What tests of several rooms share."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from config.settings import load
from models.actor import Actor, ActorKind
from models.case import CaseFile, Document
from models.page import Block, Line, Page, PageRef, Rect, Word
from models.scan import Kind, Scan
from models.scope import Scope
from models.settings import IndexSettings, RunSettings, Settings

if TYPE_CHECKING:
    from pipeline.access.asker import Asker

ROOT = Path(__file__).parents[1]
# ``bannasar``, whatever is on the path.
BANNASAR = (sys.executable, "-c", "from cli.main import main; main()")
SHA = "ab" * 32
EVERYTHING = Scope.everything()


def run_settings(**values: object) -> RunSettings:
    """Return how a run goes by default, but for some settings."""
    return RunSettings.model_validate(load().run.model_dump() | values)


def index_settings(**values: object) -> IndexSettings:
    """Return where searches go by default, but for some settings."""
    return IndexSettings.model_validate(load().index.model_dump() | values)


def archive_settings(folder: Path, **values: object) -> Settings:
    """Return the default settings of an archive in a folder."""
    return load(archive=folder, **values).model_copy(update={"archive": folder.absolute()})


def at_the_shell(actor: Actor | None = None) -> "Asker":
    """Return an operator, who may do and see everything: the one named, or root."""
    from pipeline.access.asker import Asker  # noqa: PLC0415  # not every test wants it

    return Asker.operator(actor or Actor(name="root@host", kind=ActorKind.OPERATOR), datetime.now(UTC))


def bag_in_place(
    case: CaseFile,
    pages: Sequence[Page],
    originals: Mapping[str, Path],
    pictures: Mapping[tuple[str, int], Path],
    archive: Path,
) -> Path:
    """Build the bag of a case file and move it into its place, and nothing else: no journal, ledger or index."""
    from pipeline.archive.bag import bag_folder  # noqa: PLC0415  # not every test wants it
    from pipeline.archive.building import build_bag  # noqa: PLC0415  # not every test wants it
    from pipeline.archive.placing import move_into_place  # noqa: PLC0415  # not every test wants it

    aside = build_bag(case, pages, originals, pictures, archive)
    place = bag_folder(archive, case)
    move_into_place(aside, place, archive)
    return place


class Maker:
    """Makes small records and pictures that fit one another."""

    def page(self, *blocks: Sequence[str], scan: str = SHA, number: int = 1, blank: bool = False) -> Page:
        """Make an A4 page at 100 dpi; each block is a list of lines, a ``|`` parts words without a space."""
        made = []
        top = 60
        for block in blocks:
            lines = []
            for text in block:
                lines.append(self._line(text, top))
                top += 40
            around = Rect(80, lines[0].box.top, max(line.box.right for line in lines), lines[-1].box.bottom)
            made.append(Block(lines=tuple(lines), box=around))
            top += 40
        return Page(
            scan=scan, number=number, recipe="r", width=827, height=1169, dpi=100.0, blocks=tuple(made), blank=blank
        )

    def _line(self, text: str, top: int) -> Line:
        words = []
        left = 80
        for spaced in text.split(" "):
            parts = spaced.split("|")
            for number, part in enumerate(parts, 1):
                right = left + 9 * len(part)
                box = Rect(left, top + 3, right, top + 27)
                words.append(Word(text=part, box=box, confidence=0.9, space=number == len(parts)))
                left = right + 2
            left += 7
        return Line(words=tuple(words), box=Rect(80, top, left, top + 30), confidence=0.9)

    def case(self, *pages: Page, path: str = "a.pdf", case_id: str = "box_a") -> CaseFile:
        """Make the case file of one scan with these pages."""
        scan = Scan(path=path, sha256=pages[0].scan, size=3, kind=Kind.PDF, pages=len(pages))
        refs = tuple(PageRef(scan=page.scan, number=page.number) for page in pages)
        return CaseFile(
            id=case_id,
            box="box",
            title="សំណុំរឿង",
            folder="",
            scans=(scan,),
            documents=(Document(number=1, title="សាលក្រម", pages=refs),),
            created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            software={"bannasar": "0", "tesseract": "5"},
        )

    def picture(self, page: Page, file: Path) -> Path:
        """Write a JPEG of a page: grey paper, a dark bar for each word."""
        pixels = np.full((page.height, page.width), 230, np.uint8)
        for block in page.blocks:
            for line in block.lines:
                for word in line.words:
                    pixels[word.box.top : word.box.bottom, word.box.left : word.box.right] = 90
        Image.fromarray(pixels).save(file, "JPEG", dpi=(round(page.dpi), round(page.dpi)))
        return file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the rooms that take longest, so that of two processes none is left with a long file at the end."""
    rooms = (
        "index",
        "faults",
        "cli",
        "services",
        "execution",
        "browser",
        "web",
        "access",
        "samples",
        "page",
        "archive",
    )
    items.sort(key=lambda item: rooms.index(item.path.parent.name) if item.path.parent.name in rooms else len(rooms))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the tests of a file in one process, for they share what it made, and those of the index, for their servers.

    Groups by marks (``--dist loadgroup``) do nothing with pytest 9.2 and pytest-xdist 3.8.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  # it is there where this is called

    class ByRoom(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", maxsplit=1)[0]
            return "servers" if "/index/" in file or file.endswith("/test_index.py") else file

    return ByRoom(config, log)


@pytest.fixture(scope="session")
def make() -> Maker:
    """Return the maker."""
    return Maker()


@pytest.fixture
def typed() -> Callable[..., tuple[int, str]]:
    """Return what types a command within this process, and gives its exit status and all that it printed."""
    from tests.in_process import call  # noqa: PLC0415  # it is for some tests

    def type_it(*command: object) -> tuple[int, str]:
        done = call(*command)
        return done.returncode, done.stdout + done.stderr

    return type_it


@pytest.fixture(scope="session")
def servers(request):
    """Return real Elasticsearch servers, each started once for all tests that want it."""
    from tests.elastic import V8, V9, Servers  # noqa: PLC0415  # it is for some tests, and imports this module

    running = Servers()
    for version in (V8, V9):
        if any(version in item.nodeid for item in request.session.items):
            running.launch(version)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def warm():
    """Return the sandboxes that stay for the next test."""
    from tests.warm import Warm  # noqa: PLC0415  # it is for some tests

    kept = Warm()
    yield kept
    kept.end()


@pytest.fixture
def no_warm_sandboxes(warm):
    """End the sandboxes that earlier tests have left, for a test that looks at all processes of this one."""
    warm.end()


@pytest.fixture(scope="module")
def warm_sandboxes(warm):
    """Let what runs in this process use sandboxes that earlier tests have started."""
    from tests.warm import kept_for_later  # noqa: PLC0415  # it is for some tests

    with kept_for_later(warm):
        yield
