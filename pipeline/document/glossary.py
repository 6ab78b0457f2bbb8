"""The glossary as it is in its folder, ``kinds.toml`` and ``courts.toml``, prepared for looking up names."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from models.errors import GlossaryError
from models.glossary import Glossary
from pipeline.text.normalise import match_form

UNKNOWN = "unknown"
"""The kind of a document whose kind is not known."""

_CAPITAL = "ភ្នំពេញ"


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The names of a glossary in the form in which they are compared.

    ``written`` has the kind by each title as the glossary writes it, ``phrases`` by each typical phrase, ``kinds`` by
    a title's letters alone, and ``provinces``
    the full Khmer name by each spelling (both :func:`letters`). ``courts`` has a court's first Khmer name by each of
    its names in match form.
    """

    written: dict[str, str]
    phrases: dict[str, str]
    kinds: dict[str, str]
    courts: dict[str, str]
    provinces: dict[str, str]


@lru_cache(maxsize=4)
def read_names(folder: Path) -> Names:
    """Return the names in the glossary of a folder.

    Raises:
        GlossaryError: it cannot be read.
    """
    glossary = read_glossary(folder)
    courts = {match_form(name): court.km[0] for court in glossary.courts.values() for name in court.names}
    written = {name: kind for kind, named in glossary.kinds.items() for name in named.names}
    return Names(
        written=written,
        phrases={phrase: kind for kind, named in glossary.kinds.items() for phrase in named.phrases},
        kinds={letters(name): kind for name, kind in written.items()},
        courts=courts,
        provinces={
            letters(form): ("រាជធានី" if name == _CAPITAL else "ខេត្ត") + name
            for name, forms in glossary.provinces.items()
            for form in (name, *forms)
        },
    )


def letters(text: str) -> str:
    """Return the letters and digits of a text in match form, without anything between them."""
    return "".join(part for part in match_form(text) if part.isalnum() or "\u1780" <= part <= "\u17d3")


def read_glossary(folder: Path) -> Glossary:
    """Return the glossary of a folder as it is written.

    Raises:
        GlossaryError: it cannot be read.
    """
    file = folder / "kinds.toml"
    try:
        kinds = tomllib.loads(file.read_text("utf-8"))
        file = folder / "courts.toml"
        return Glossary(kinds=kinds, **tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise GlossaryError(f"The glossary in {folder} cannot be used: {place}: {first['msg']}.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise GlossaryError(f"The glossary {file} cannot be used: {error}.") from error
