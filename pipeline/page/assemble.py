"""Puts the readings of lines back into blocks: corrects digits and rare letters, and finds words and their places."""

from models.page import Block, Line, around
from pipeline.page.curve import Curl
from pipeline.page.digits import with_even_zeros
from pipeline.page.job import PictureJob, Reading
from pipeline.page.rare_letters import with_rare_letters
from pipeline.page.specks import without_specks
from pipeline.page.words import to_line


def run(job: PictureJob) -> Reading:
    """Finish the reading of a page."""
    width, _ = job.size
    return job.result(without_specks(_blocks(job), job.page.letter * job.scale, width, job.picture.dpi))


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
