"""The list of stages defines the processing of a page, and their versions show when it changes."""

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
from tests.page.stage_outputs import find, first_changes, read_kept, unraised


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
    """On an empty page, no lines are searched for recognition."""
    job = picture_job(Picture(np.full((400, 300), 255, np.uint8), 100.0), load().page, 60)
    reading = run_through(PICTURE_STAGES, job)
    assert reading
    assert reading.blank
    assert not hasattr(job, "readings")


def test_a_stage_that_finds_something_else_has_a_new_version():
    """Otherwise pages read before would count as read in the new way; the message says what to do."""
    now = versions()
    before, kept = read_kept()
    found = find()
    for page, (stage, _) in first_changes(kept, found).items():
        pytest.fail(
            f"The stage “{stage}” finds something else on {page}. Look whether that is right, raise its version in "
            f"pipeline/page/stages.py (it was {before.get(stage)} and is {now[stage]}), and run: "
            "python -m tests.page.stage_outputs"
        )
    assert dict(before) == dict(now), "Run: python -m tests.page.stage_outputs"
    assert set(kept) == set(found), "Run: python -m tests.page.stage_outputs"


KEPT = {"a page": {"polarity": None, "lean": [[0, 20]], "clean": [40], "layout": [[500]]}}


def test_the_stage_is_named_that_changed_first_though_a_later_one_changed_by_more():
    """A skew that is one step larger is within the tolerance; it moves the blocks by more."""
    found = {"a page": {"polarity": None, "lean": [[0, 21]], "clean": [40], "layout": [[600]]}}
    assert first_changes(KEPT, found) == {"a page": ("lean", "layout")}
    found = {"a page": {"polarity": None, "lean": [[0, 21]], "clean": [40], "layout": [[500]]}}
    assert first_changes(KEPT, found) == {}


def test_a_later_stage_may_find_something_else_where_an_earlier_one_has_a_new_version():
    """Pages are read again from the start for any raised version; a later stage's raised version does not count."""
    found = {"a page": {"polarity": None, "lean": [[0, 20]], "clean": [40], "layout": [[600]]}}
    before = {"polarity": 1, "lean": 1, "clean": 1, "layout": 1, "words": 1}
    assert unraised(KEPT, found, before, before) == {"a page": "layout"}
    assert unraised(KEPT, found, before, before | {"layout": 2}) == {}
    assert unraised(KEPT, found, before, before | {"lean": 2}) == {}
    assert unraised(KEPT, found, before, before | {"words": 2}) == {"a page": "layout"}


def test_a_page_that_is_new_among_the_samples_is_no_change():
    """It has no results yet from which they could differ."""
    assert first_changes(KEPT, {"another page": {"lean": [[0, 3]]}}) == {}
