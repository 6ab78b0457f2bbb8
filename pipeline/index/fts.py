"""A query in the language of SQLite's FTS5. Tokens are put in quotes; they never contain quotes."""

from collections.abc import Iterator, Sequence

from pipeline.index.fuzzy import Part, SkipGram
from pipeline.index.query import Term


def phrase(term: Term) -> str:
    """Return the expression for pages that contain a term exactly."""
    tokens, prefix = term.phrase
    return f"units : {_row(tokens)}{' *' if prefix else ''}"


def forms(part: Part, fuzzy_words: Sequence[str]) -> Iterator[str]:
    """Yield the expressions for the other forms of a part: the more of them a page matches, the more similar it is.

    Args:
        part: the part.
        fuzzy_words: the words of the index that are its word with some letters wrong.
    """
    yield from map(_skip_gram, part.skip_grams)
    words = [f"units : {_row([word])}" for word in fuzzy_words]
    if part.phonetic:
        words.append(f"fuzzy : {_row([part.phonetic])}")
    if words:
        yield " OR ".join(words)


def _skip_gram(skip_gram: SkipGram) -> str:
    if skip_gram.behind:
        return f"fuzzy : NEAR({_row(skip_gram.before)} {_row(skip_gram.behind)}, {skip_gram.apart})"
    return f"fuzzy : {_row(skip_gram.before)}"


def _row(tokens: Sequence[str]) -> str:
    return f'"{" ".join(tokens)}"'
