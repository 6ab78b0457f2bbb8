"""The list of stages is what happens to a page, and their versions tell when that changes."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from config.settings import load
from pipeline.page import stages
from pipeline.page.picture import Picture
from pipeline.page.read import picture_job
from pipeline.page.recipe import fingerprint
from pipeline.page.stages import PICTURE_STAGES, SCAN_STAGES, Stage, run_through, versions
from tests.page.stage_outputs import find, first_changes, read_kept


def test_every_stage_has_its_name_and_its_module():
    """The list names each stage once, and each stage is a module that can be run."""
    assert len(versions()) == len(SCAN_STAGES) + len(PICTURE_STAGES)
    stages: tuple[Stage[Any, Any], ...] = (*SCAN_STAGES, *PICTURE_STAGES)
    for stage in stages:
        assert callable(import_module(f"pipeline.page.{stage.module}").run)


def test_the_versions_of_the_stages_are_part_of_the_recipe(monkeypatch):
    """A page that was read by another version of a stage is read again."""
    settings = load().page
    before = fingerprint(settings)
    first, *others = PICTURE_STAGES
    raised = (Stage(first.name, first.version + 1, first.module), *others)
    monkeypatch.setattr(stages, "PICTURE_STAGES", raised)
    assert fingerprint(settings) != before


def test_a_page_ends_where_a_stage_says_so():
    """Of an empty page no line is sought that could be recognised."""
    job = picture_job(Picture(np.full((400, 300), 255, np.uint8), 100.0), load().page, 60)
    reading = run_through(PICTURE_STAGES, job)
    assert reading
    assert reading.blank
    assert not hasattr(job, "readings")


def test_a_stage_that_finds_something_else_has_a_new_version():
    """Else pages that were read before would pass for pages that are read so; the message says what to do."""
    now = versions()
    before, kept = read_kept()
    changes = first_changes(kept, find())
    for page, stage in changes.items():
        pytest.fail(
            f"The stage “{stage}” finds something else on {page}. Look whether that is right, raise its version in "
            f"pipeline/page/stages.py (it was {before.get(stage)} and is {now[stage]}), and run: "
            "python -m tests.page.stage_outputs"
        )
    assert dict(before) == dict(now), "Run: python -m tests.page.stage_outputs"
