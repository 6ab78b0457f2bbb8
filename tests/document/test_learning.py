"""An installation that only reads boxes has no libraries to learn with."""

import importlib
import sys

import pytest

from models.errors import MissingDependencyError
from models.exit_status import ExitStatus


@pytest.mark.parametrize(
    ("module", "library"),
    [("training", "scipy.optimize"), ("training", "sklearn.linear_model"), ("evaluation", "matplotlib.figure")],
)
def test_where_a_library_is_not_installed_the_message_says_how_to_install_it(monkeypatch, module, library):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"pipeline.document.{module}", raising=False)
    with pytest.raises(MissingDependencyError) as raised:
        importlib.import_module(f"pipeline.document.{module}")
    assert str(raised.value).startswith(f"{library.split('.')[0]} is not installed")
    assert "script/setup --train-kinds" in raised.value.next_step
    assert raised.value.exit_status == ExitStatus.MISSING_DEPENDENCY
