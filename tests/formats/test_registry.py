"""The rules for every format in the registry."""

from importlib import import_module

import pytest
import typer.main

from pipeline.formats.format import Format, Unit, parts
from pipeline.formats.registry import formats

KHMER, FRENCH = "ព្រះ", "Première"


@pytest.fixture
def case_file(make):
    """Return a case file of one document of two pages, one of them blank, and its pages."""
    pages = [make.page([f"{KHMER}|រាជា ២១៤"], [f"{FRENCH} instance\x00 <&>"]), make.page(number=2, blank=True)]
    return make.case(*pages), pages


@pytest.fixture(params=formats(), ids=lambda form: form.name)
def form(request) -> Format:
    """Return each format of the list, one after the other."""
    return request.param  # type: ignore[no-any-return]


def test_a_format_says_what_it_is(form):
    """A name that can be typed, an ending, and one or two sentences for the help."""
    assert isinstance(form, Format)
    assert form.name.isidentifier()
    assert form.ending.startswith(".")
    assert form.help.endswith(".")


def test_the_same_record_gives_the_same_bytes(form, case_file):
    """Every part of a case file becomes a file, and the same file the next time."""
    made = [form.write(part) for part in parts(case_file[0], case_file[1], form.unit)]
    assert all(isinstance(content, bytes) for content in made)
    assert [form.write(part) for part in parts(case_file[0], case_file[1], form.unit)] == made


def test_khmer_and_french_are_kept(form, case_file):
    """In UTF-8, with each word whole, and without characters that would break the file."""
    whole = b"".join(form.write(part) for part in parts(case_file[0], case_file[1], form.unit)).decode("utf-8")
    assert KHMER in whole
    assert FRENCH in whole


def test_no_two_formats_share_a_name_or_an_ending():
    """Their files may be in one folder."""
    assert len({form.name for form in formats()}) == len({form.ending for form in formats()}) == len(formats())


def test_every_format_can_be_exported():
    """`bannasar export` has a command for each."""
    offered = typer.main.get_group(import_module("cli.export").app).commands
    assert {form.name for form in formats()} <= set(offered)


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        (Unit.PAGE, ["box_a_0001_000001", "box_a_0001_000002"]),
        (Unit.SCAN, ["box_a_0001"]),
        (Unit.DOCUMENT, ["box_a_001"]),
        (Unit.CASE_FILE, ["box_a"]),
    ],
)
def test_a_case_file_has_parts_of_every_unit(case_file, unit, names):
    """All pages are in them, and each part has the name of its file."""
    case, pages = case_file
    found = list(parts(case, pages, unit))
    assert [part.name for part in found] == names
    assert [page for part in found for page in part.pages] == pages
