"""The stages of processing a page, in order.

A stage is a module with a function ``run``. It takes the page with the results so far, a :class:`ScanJob` or a
:class:`PictureJob`, and adds its own. If nothing more is to be done, it returns the result, otherwise None.

The names and versions of the stages are part of the recipe. Raise the version of a stage whenever a change lets it find
something else: then pages are read again. ``tests/page/test_stages.py`` notices a change without a new version.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from models.page import Page
    from pipeline.page.job import PictureJob, Reading, ScanJob

_LOG = logging.getLogger(__name__)

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stage(Generic[Job, Result]):
    """One stage: its name, its version, and its module in this package."""

    name: str
    version: int
    module: str

    def run(self, job: Job) -> Result | None:
        """Take a page through this stage; the module is loaded when it is first needed."""
        stage = import_module(f"pipeline.page.{self.module}")
        return cast("Result | None", stage.run(job))


SCAN_STAGES: "tuple[Stage[ScanJob, Page], ...]" = (
    Stage("render", 2, "render"),
    Stage("attachments", 1, "beyond"),
    Stage("separator", 1, "separator"),
    Stage("text layer", 2, "born_digital"),
    Stage("read", 1, "read"),
)
"""From a page of a scan to its record. The last stage takes the picture of the page through the stages below."""

PICTURE_STAGES: "tuple[Stage[PictureJob, Reading], ...]" = (
    Stage("polarity", 2, "polarity"),
    Stage("lean", 3, "lean"),
    Stage("clean", 6, "prepare"),
    Stage("layout", 4, "layout"),
    Stage("upright", 5, "orient"),
    Stage("curl", 2, "curl"),
    Stage("light ink", 2, "light_ink"),
    Stage("blank", 3, "blank"),
    Stage("recognise", 11, "recognise"),
    Stage("negatives", 1, "negatives"),
    Stage("handwriting", 4, "handwriting"),
    Stage("words", 7, "assemble"),
)
"""From a picture of a page, or a picture on a page of a PDF, to its text."""


def versions() -> Mapping[str, int]:
    """Return the version of every stage, by its name."""
    return {one.name: one.version for one in SCAN_STAGES} | {one.name: one.version for one in PICTURE_STAGES}


def run_through(stages: Sequence[Stage[Job, Result]], job: Job) -> Result | None:
    """Take a page through stages, and return the result of the stage that finishes it."""
    spent: list[str] = []
    try:
        for stage in stages:
            started = time.monotonic()
            try:
                result = stage.run(job)
            finally:
                spent.append(f"{stage.name} {time.monotonic() - started:.2f}")
            if result is not None:
                return result
        return None
    finally:  # also if a stage fails: then it is the last one
        _LOG.info("seconds: %s", ", ".join(spent))
