"""What people call kinds and courts when they search, in the terms of the archive."""

from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import process

from pipeline.document.courts import court_in
from pipeline.document.glossary import UNKNOWN, Names, letters

# As the reading room says it in each of its languages.
_NOT_KNOWN = (UNKNOWN, "kind not known", "មិនស្គាល់ប្រភេទ", "type inconnu")
_LEAST_LIKE = 60
_MOST_NEAR = 3


class NameLookup:
    """Looks up the names of a glossary, in every language, and with anything between their letters."""

    def __init__(self, names: Names, others: Callable[[], Iterable[str]]) -> None:
        """Set which names there are.

        Args:
            names: the glossary.
            others: returns the kinds in the archive, which may come from another glossary; called if this one
                has none.
        """
        self._names = names
        self._others = others
        own = {letters(kind): kind for kind in names.kinds.values()}
        self._kinds = {**names.kinds, **own, **{letters(name): UNKNOWN for name in _NOT_KNOWN}}

    def kinds(self, value: str, *, prefix: bool) -> Sequence[str]:
        """Return the kinds that a value names, or those with a name that begins like it; none if there are none."""
        return _named(self._kinds, value, prefix) or _named(
            {letters(kind): kind for kind in self._others()}, value, prefix
        )

    def near_kinds(self, value: str) -> Sequence[str]:
        """Return the kinds with the names nearest to a value, the nearest first."""
        near = process.extract(letters(value), self._kinds.keys(), score_cutoff=_LEAST_LIKE, limit=_MOST_NEAR)
        return list(dict.fromkeys(self._kinds[name] for name, *_ in near))

    def court(self, value: str) -> str:
        """Return the name that the archive has for what a value calls a court, or a province; "" if it is unknown."""
        return court_in(value, self._names) or self._names.provinces.get(letters(value), "")


def _named(kinds: dict[str, str], value: str, prefix: bool) -> list[str]:
    form = letters(value)
    if prefix:
        return list(dict.fromkeys(kind for name, kind in kinds.items() if name.startswith(form)))
    return [kinds[form]] if form in kinds else []
