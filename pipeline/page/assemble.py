"""Puts the readings of lines back into blocks: corrects digits and rare letters, and finds words and their places."""

from collections.abc import Sequence

from models.page import Block, Line, Rect, around
from pipeline.page.coloured import coloured_marks
from pipeline.page.curve import Curl
from pipeline.page.digits import with_even_zeros
from pipeline.page.job import PictureJob, Reading
from pipeline.page.marks import Marks, joined_places, share_inside
from pipeline.page.rare_letters import with_rare_letters
from pipeline.page.specks import without_marks, without_specks
from pipeline.page.words import to_line

_SURE = 0.03
"""From this confidence on, a coloured line is text and not a signature."""

_INSIDE = 0.7
"""From this share on, a signature is a part of a seal."""


def run(job: PictureJob) -> Reading:
    """Finish the reading of a page."""
    width, _ = job.size
    blocks = _blocks(job)
    marks = _marks(job, [line.box for block in blocks for line in block.lines if line.confidence >= _SURE])
    # Coloured print may be as sparse as a signature. What is read in one was not lifted off.
    drawn = [job.page.on_paper(place, job.scale) for place in job.page.marks.signatures]
    blocks = without_marks(blocks, marks.seals, drawn)
    return job.result(without_specks(blocks, job.page.letter * job.scale, width, job.picture.dpi), marks)


def _marks(job: PictureJob, lines: Sequence[Rect]) -> Marks:
    """Return the seals and signatures of a page on the upright page: those in coloured ink, and all others."""
    found = coloured_marks(job.picture, job.orientation.turn, job.orientation.skew, lines)
    known = job.page.marks
    seals, signatures = (
        tuple(job.page.on_paper(place, job.scale) for place in places) for places in (known.seals, known.signatures)
    )
    letter = job.page.letter * job.scale
    stamps = joined_places((*found.seals, *seals), 0)
    free = [one for one in (*found.signatures, *signatures) if share_inside(one, stamps) < _INSIDE]
    return Marks(tuple(stamps), tuple(joined_places(free, letter)))


def _blocks(job: PictureJob) -> tuple[Block, ...]:
    """Return the blocks of a page, without lines and blocks in which nothing was read."""
    results = iter(zip(job.lines, job.readings, strict=True))
    blocks = []
    for block in job.page.blocks:
        own = [next(results) for _ in block.lines]
        right = [(picture, with_rare_letters(with_even_zeros(symbols))) for picture, symbols in own if symbols]
        lines = [to_line(symbols, picture, job.page.letter, job.scale) for picture, symbols in right]
        if job.page.curl:
            lines = [_as_it_was(line, job.page.curl, job.scale) for line in lines]
        if lines:
            blocks.append(Block(lines=tuple(lines), box=around([line.box for line in lines]), cell=block.cell))
    return tuple(blocks)


def _as_it_was(line: Line, curl: Curl, scale: float) -> Line:
    """Return a line with its boxes, and those of its words, where they are on the page as it lay."""
    words = tuple(word.model_copy(update={"box": curl.as_it_was(word.box, scale)}) for word in line.words)
    return line.model_copy(update={"words": words, "box": around([word.box for word in words])})
