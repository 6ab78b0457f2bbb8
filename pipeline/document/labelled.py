"""Documents whose kind is known, and the file of made ones: small, because it is installed with the program."""

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.fact import FactName
from models.page import Block, Cell, Line, Page, Rect, Word

PAPERS = Path(__file__).with_name("papers.jsonl.xz")
# The words of a line, and its box.
_Written = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document whose kind is known: its pages, and a name that documents of one origin share.

    ``facts`` are its own date, court and case number in normal form, "" if it has none; a name that is not there is
    not known.
    """

    kind: str
    origin: str
    pages: tuple[Page, ...]
    facts: Mapping[FactName, str] = field(default_factory=dict)


def write_papers(documents: Sequence[LabelledDocument], file: Path = PAPERS) -> None:
    """Write documents to a file: the lines and boxes of their pages.

    Raises:
        OSError: it cannot be written.
    """
    with lzma.open(file, "wt", preset=9, encoding="utf-8") as stream:
        for document in documents:
            pages = [
                [page.width, page.height, page.dpi, [_written(block) for block in page.blocks]]
                for page in document.pages
            ]
            stream.write(json.dumps([document.kind, document.origin, document.facts, pages], ensure_ascii=False) + "\n")


def read_papers(file: Path = PAPERS) -> Iterator[LabelledDocument]:
    """Yield the documents that :func:`write_papers` wrote.

    Raises:
        OSError: it cannot be read.
    """
    with lzma.open(file, "rt", encoding="utf-8") as stream:
        for line in stream:
            kind, origin, facts, pages = json.loads(line)
            own = {FactName(name): value for name, value in facts.items()}
            yield LabelledDocument(
                kind, origin, tuple(_page(number, *page) for number, page in enumerate(pages, 1)), own
            )


def _written(block: Block) -> list[object]:
    return [bool(block.cell), [[" ".join(word.text for word in line.words), *line.box] for line in block.lines]]


def _page(number: int, width: int, height: int, dpi: float, blocks: Sequence[tuple[bool, list[_Written]]]) -> Page:
    return Page(
        scan="", number=number, recipe="", width=width, height=height, dpi=dpi,
        blocks=tuple(_block(in_table, lines) for in_table, lines in blocks),
    )  # fmt: skip


def _block(in_table: bool, lines: Sequence[_Written]) -> Block:
    made = tuple(_line(text, Rect(*box)) for text, *box in lines)
    return Block(lines=made, box=made[0].box, cell=Cell(table=0, row=0, column=0) if in_table else None)


def _line(text: str, box: Rect) -> Line:
    return Line(words=tuple(Word(text=word, box=box, confidence=1) for word in text.split()), box=box, confidence=1)
