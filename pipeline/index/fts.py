"""A query in the language of SQLite's FTS5. Tokens stand in quotes: they hold no quote themselves."""

from collections.abc import Iterator, Sequence

from pipeline.index.likeness import Gap, Part
from pipeline.index.query import Term


def phrase(term: Term) -> str:
    """Return the expression for pages on which a term stands as it is."""
    tokens, prefix = term.phrase
    return f"units : {_row(tokens)}{' *' if prefix else ''}"


def forms(part: Part, near_words: Sequence[str]) -> Iterator[str]:
    """Yield the expressions for the other forms of a part: the more of them a page answers, the liker it is.

    Args:
        part: the part.
        near_words: the words of the index that are its word with some letters wrong.
    """
    yield from map(_gap, part.gaps)
    words = [f"units : {_row([word])}" for word in near_words]
    if part.sound:
        words.append(f"near : {_row([part.sound])}")
    if words:
        yield " OR ".join(words)


def _gap(gap: Gap) -> str:
    if gap.behind:
        return f"near : NEAR({_row(gap.before)} {_row(gap.behind)}, {gap.apart})"
    return f"near : {_row(gap.before)}"


def _row(tokens: Sequence[str]) -> str:
    return f'"{" ".join(tokens)}"'
