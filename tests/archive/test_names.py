"""Names of case files."""

import pytest

from pipeline.archive.names import case_id


def test_a_plain_name_stays_readable():
    """People look for a case file by its name."""
    assert case_id("box-1", "dossier 45") == "box-1_dossier 45"
    assert case_id("ប្រអប់", "សំណុំរឿង") == "ប្រអប់_សំណុំរឿង"


@pytest.mark.parametrize("folder", ["a/b", "a\nb", "a:b", "..", "ក" * 80, "x" * 250, "tab\there", 'what?"'])
def test_an_awkward_name_becomes_a_safe_one(folder):
    """No file system, shell or archive program may fail because of it."""
    name = case_id("box", folder)
    assert len(name.encode()) <= 140
    assert not set(name) & set('/\\:*?"<>|\n\t')
    assert not name.startswith(".")


def test_two_names_never_become_one():
    """Names that differ only in replaced characters stay different."""
    names = [case_id("box", folder) for folder in ("a:b", "a?b", "a-b", "x" * 200, "x" * 201)]
    assert len(set(names)) == len(names)
