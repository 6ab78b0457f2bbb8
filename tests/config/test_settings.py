"""Settings: defaults.toml < bannasar.toml < BANNASAR_* < options."""

import os

import pytest

from config.settings import load
from models.errors import SettingsError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_each_source_wins_over_the_one_before(tmp_path, monkeypatch):
    """The nearer to the command, the stronger."""
    assert load().limits.page_seconds == 300
    (tmp_path / "bannasar.toml").write_text("[limits]\npage_seconds = 1\nscan_pages = 7\n", "utf-8")
    assert load().limits.page_seconds == 1
    monkeypatch.setenv("BANNASAR_LIMITS__PAGE_SECONDS", "2")
    assert load().limits.page_seconds == 2
    settings = load(limits={"page_seconds": 3})
    assert settings.limits.page_seconds == 3
    assert settings.limits.scan_pages == 7
    assert settings.limits.page_megapixels == 200


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[limits]\npage_seconds = 0\n", "limits.page_seconds"),
        ("[limits]\npage_secnds = 5\n", "limits.page_secnds"),
        ("[limits\n", "bannasar.toml"),
        ("[document]\nsurely = 0.8\n", "document.surely is now called document.kind_threshold"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path, toml, named):
    """A slip in the file must not go unseen."""
    (tmp_path / "bannasar.toml").write_text(toml, "utf-8")
    with pytest.raises(SettingsError, match=named):
        load()


def test_a_folder_that_may_not_be_read_is_named(tmp_path):
    """As when a technician types a command for the account of the service, in a folder of his own."""
    account = os.geteuid()
    tmp_path.chmod(0)
    if account == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(SettingsError, match=f"in {tmp_path}: Permission denied"):
            load()
    finally:
        os.seteuid(account)
        tmp_path.chmod(0o700)


def test_the_environment_has_settings_of_every_kind(monkeypatch):
    """Lists as JSON, in capitals or not; a password stays as it is; what is no setting is ignored."""
    monkeypatch.setenv("BANNASAR_DOCUMENT__CASE_NUMBERS", '["a", "b"]')
    monkeypatch.setenv("bannasar_run__allow_partial", "true")
    monkeypatch.setenv("BANNASAR_ACCESS__OIDC__LABEL", "Ministry")
    monkeypatch.setenv("BANNASAR_INDEX__PASSWORD", '["x"]')
    monkeypatch.setenv("BANNASAR_SCREENS", "1")
    settings = load()
    assert list(settings.document.case_numbers) == ["a", "b"]
    assert settings.run.allow_partial
    assert settings.access.oidc.label == "Ministry"
    assert settings.index.password.get_secret_value() == '["x"]'


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("BANNASAR_LIMITS__PAGE_SECNDS", "5", "limits.page_secnds"),
        ("BANNASAR_DOCUMENT__CASE_NUMBERS", "[", 'environment is not valid JSON: .*"document"'),
        ("BANNASAR_LIMITS", "5", "limits"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(monkeypatch, variable, value, named):
    """As a slip in the file is."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=named):
        load()
