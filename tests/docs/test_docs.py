"""The pages for users say what the code does."""

import itertools
import re
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT


def test_the_pages_made_from_the_code_are_up_to_date():
    """script/docs makes them."""
    done = subprocess.run(
        [sys.executable, ROOT / "script" / "docs", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_link_leads_somewhere():
    """From page to page within the project."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_every_dependency_has_its_reason():
    """docs/dependencies.md names each package of pyproject.toml and of script/packages*.txt."""
    told = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    tables = tomllib.loads(project)["project"]
    listed = [*tables["dependencies"], *itertools.chain(*tables["optional-dependencies"].values())]
    for file in ROOT.glob("script/packages*.txt"):
        listed += [line.split()[0] for line in file.read_text("utf-8").splitlines() if line and line[0] != "#"]
    names = [re.split("[<>=]", name)[0] for name in listed]
    assert [name for name in names if f"`{name}`" not in told and not name.startswith("bannasar[")] == []


def test_every_file_that_the_pages_name_is_there():
    """A path in backticks is the project's, or a room's of the pipeline; the changes may name what is gone."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]:
        for path in re.findall(r"`((?:\w[\w.-]*/)+[\w.-]+\.(?:py|toml|md|npz|sh))`", page.read_text("utf-8")):
            places = (ROOT / path, ROOT / "pipeline" / path, page.parent / path)
            assert any(place.exists() for place in places), f"{page.relative_to(ROOT)}: {path}"


def test_every_test_that_the_pages_name_is_there():
    """docs/security.md says which test holds each promise."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs" / "security.md").read_text("utf-8"))
    assert len(named) > 30
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text("utf-8"), test


@pytest.mark.parametrize("name", ["archive-team", "researchers"])
def test_the_khmer_page_says_what_the_english_one_says(name):
    """Paragraph by paragraph the same headings, commands, codes and links; examples are the same to the letter."""
    english, khmer = (_paragraphs((ROOT / "docs" / f"{name}{end}.md").read_text("utf-8")) for end in ("", ".km"))
    assert len(english) == len(khmer)
    for number, (one, other) in enumerate(zip(english, khmer, strict=True)):
        assert one.count("\n- ") == other.count("\n- "), other
        assert len(one) - len(one.lstrip("#")) == len(other) - len(other.lstrip("#")), other
        if one.startswith("```"):
            assert one == other
            continue
        assert re.search(r"[\u1780-\u17ff]", other) or number == 1, other
        for marks in (r"`[^`]+`", r"\]\([^)]+\)"):
            wanted = [] if number == 1 else sorted(re.findall(marks, one))
            assert (sorted(re.findall(marks, other)) if number != 1 else []) == wanted, other


def _paragraphs(text):
    """Return the paragraphs of a page; a block of code is one."""
    parts = re.split(r"(?ms)^(```.*?^```)$", text)
    found = [[part] if number % 2 else part.split("\n\n") for number, part in enumerate(parts)]
    return [one.strip("\n") for one in itertools.chain(*found) if one.strip("\n")]
