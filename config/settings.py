"""Reading the settings: defaults.toml < bannasar.toml < BANNASAR_* < options."""

import json
import os
import tomllib
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from models.errors import SettingsError
from models.settings import Settings

DEFAULTS = Path(__file__).with_name("defaults.toml")
GLOSSARY = Path(__file__).with_name("glossary")
TRANSLATIONS = Path(__file__).with_name("translations")
LOCAL = Path("bannasar.toml")
RENAMED = {"document.surely": "document.kind_threshold"}
"""Settings that had another name before."""


_PREFIX, _INSIDE = "BANNASAR_", "__"


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
        local = _read(LOCAL) if LOCAL.is_file() else {}
        settings = Settings.model_validate(reduce(_merged, (_read(DEFAULTS), local, _of_the_environment(), given)))
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


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _merged(weaker: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those of a stronger source in their places, one by one."""
    both = {
        name: _merged(weaker[name], value)
        for name, value in stronger.items()
        if isinstance(value, Mapping) and isinstance(weaker.get(name), Mapping)
    }
    return {**weaker, **stronger, **both}


def _of_the_environment() -> dict[str, Any]:
    """Return the settings in the environment, by rooms; other variables with our prefix are not settings.

    Lists are written as JSON. ``pydantic-settings`` does the same, and loads asyncio and ssl first: a tenth of a second
    for every command.
    """
    found: dict[str, Any] = {}
    for variable, value in os.environ.items():
        *rooms, name = variable.lower().removeprefix(_PREFIX.lower()).split(_INSIDE)
        if variable.upper().startswith(_PREFIX) and (rooms or [name])[0] in Settings.model_fields:
            inner = found
            model: Any = Settings
            for room in rooms:
                inner = inner.setdefault(room, {})
                model = _kind(model, room)
            kind = _kind(model, name)
            inner[name] = _parsed(value) if get_origin(kind) or hasattr(kind, "model_fields") else value
    return found


def _kind(model: Any, name: str) -> Any:  # noqa: ANN401  # the annotation of a field, or None
    field = getattr(model, "model_fields", {}).get(name)
    return field.annotation if field else None


def _parsed(value: str) -> Any:  # noqa: ANN401  # as it is written
    """Return a list or a table that is written as JSON; anything else stays text, which the settings understand."""
    try:
        return json.loads(value) if value.startswith(("[", "{")) else value
    except ValueError:
        return value
