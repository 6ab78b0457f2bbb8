"""How many pages end upright, in each of the four ways in which they can be fed."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from config.settings import load
from models.page import Page
from pipeline.intake.inspect import inspect
from pipeline.page.picture import Picture
from pipeline.page.read import read_picture
from pipeline.page.render import render
from pipeline.text.plain import page_text
from tests.bench.scoring import rates

_UPRIGHT = 0.3
"""A page that is read the wrong way up has more than twice as many errors, one that is read upright far fewer."""


def measure(pictures: list[Path]) -> None:
    """Feed every page four ways, each with its ground truth, and print how many were read upright.

    A page without text has no right way up, and is left out.
    """
    printed = [picture for picture in pictures if picture.with_suffix(".txt").read_text("utf-8").strip()]
    fed = [(picture, turn) for picture in printed for turn in (0, 90, 180, 270)]
    with ProcessPoolExecutor(2) as pool:
        errors = list(pool.map(_errors, *zip(*fed, strict=True)))
    wrong = [one for one, error in zip(fed, errors, strict=True) if error > _UPRIGHT]
    console = Console(highlight=False)
    console.print(f"{len(fed) - len(wrong)} of {len(fed)} pages are upright.")
    for picture, turn in wrong:
        console.print(f"  {picture.name}, turned by {turn} degrees, is not.")


def _errors(picture: Path, turn: int) -> float:
    cv2.setNumThreads(1)
    settings = load()
    kind, _ = inspect(picture, settings.limits, settings.page.dpi)
    page = render(picture, kind, 1, settings.page.dpi, settings.limits.page_seconds)
    turned = Picture(np.ascontiguousarray(np.rot90(page.pixels, turn // 90)), page.dpi)
    reading = read_picture(turned, settings.page, settings.limits.page_seconds)
    record = Page(
        scan="", number=1, recipe="", width=reading.width, height=reading.height, dpi=page.dpi, blocks=reading.blocks
    )
    truth = picture.with_suffix(".txt").read_text("utf-8")
    return rates({picture.stem: truth}, {picture.stem: page_text(record)[0]})["ALL"].share
