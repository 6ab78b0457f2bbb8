"""The form of a word that goes with a number, for messages."""


def plural(count: int, one: str, many: str = "") -> str:
    """Return the form of a word, or of words, that goes with a number.

    Args:
        count: the number; the result does not contain it, because messages write numbers differently.
        one: the form for 1.
        many: the form for all other numbers; ``one`` with an s where it is left out.
    """
    return one if count == 1 else many or f"{one}s"


def number_of(count: int, one: str, many: str = "") -> str:
    """Return a number with the form of a word that goes with it: "1 page", "2 pages"."""
    return f"{count} {plural(count, one, many)}"
