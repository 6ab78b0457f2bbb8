"""Reading the settings: defaults.toml < bannasar.toml < BANNASAR_* < options."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from models.errors import SettingsError
from models.settings import Settings

DEFAULTS = Path(__file__).with_name("defaults.toml")
GLOSSARY = Path(__file__).with_name("glossary")
TRANSLATIONS = Path(__file__).with_name("translations")
LOCAL = Path("bannasar.toml")
RENAMED = {"document.surely": "document.kind_threshold"}
"""Settings that had another name before."""


class _Sources(BaseSettings, Settings):
    model_config = SettingsConfigDict(
        env_prefix="BANNASAR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        toml_file=[DEFAULTS, LOCAL],
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Name the sources, the strongest first."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, deep_merge=True)


def load(**options: Any) -> Settings:  # noqa: ANN401  # options are of the settings' own types
    """Read the settings; ``options`` that are not None take precedence.

    Args:
        options: settings by name, as the command line gives them; nested ones as dictionaries.

    Returns:
        The settings, complete and validated.

    Raises:
        SettingsError: one is missing, unknown or of the wrong kind.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        sources = _Sources(**given)
        settings = Settings.model_validate(sources.model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if name in RENAMED:
            raise SettingsError(f"The setting {name} is now called {RENAMED[name]}. Rename it.") from error
        raise SettingsError(
            f"The setting {name} cannot be used: {first['msg']}. "
            f"Correct it in {LOCAL}, on the command line, or in the environment "
            f"(BANNASAR_{name.upper().replace('.', '__')})."
        ) from error
    except SourceError as error:  # a list in the environment that is no JSON; it hides the value
        raise SettingsError(
            f"A variable BANNASAR_… of the environment is not valid JSON: {error}.", "Write lists and tables as JSON."
        ) from error
    except ValueError as error:  # tomllib's
        raise SettingsError(f"{LOCAL} cannot be read: {error}") from error
    except OSError as error:
        raise SettingsError(
            f"It cannot be seen whether there is a {LOCAL} in {Path.cwd()}: {error.strerror}.",
            "Go to a folder that this account may read, such as that of the service, and type the command there.",
        ) from error
    if settings.document.glossary:
        return settings
    own = settings.document.model_copy(update={"glossary": str(GLOSSARY)})
    return settings.model_copy(update={"document": own})
