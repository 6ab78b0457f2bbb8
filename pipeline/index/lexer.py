"""The text of a query cut into words, phrases, fields, operators and parentheses, with the place of each."""

import re
import unicodedata
from collections.abc import Container, Iterator
from enum import StrEnum
from typing import NamedTuple

from models.errors import QueryError
from models.message import Message
from pipeline.text.normalise import match_form


class Symbol(StrEnum):
    """The lexemes that are not words, phrases or fields."""

    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    OPEN = "("
    CLOSE = ")"


class Lexeme(NamedTuple):
    """A word, a phrase or a field of the text, or a symbol between them.

    ``at`` and ``end`` are its place, with symbols around it; ``value_at`` is where the value of a field begins.
    """

    text: str
    at: int
    end: int
    field: str = ""
    value_at: int = 0
    quoted: bool = False
    negated: bool = False
    fuzzy: bool = False
    prefix: bool = False
    symbol: Symbol | None = None


# The characters that Unicode calls Quotation_Mark, each with the marks that properly close it. Any other mark of the
# same line closes it, too: keyboards and phones mix them.
_QUOTES = (
    {'"': '"', "“": "”", "”": "”", "„": "“”", "‟": "”", "〝": "〞〟", "〞": "〞", "〟": "〟", "⹂": "”"},
    {"«": "»", "»": "«»"},
    {"‹": "›", "›": "‹›"},
    {"「": "」", "」": "」", "｢": "｣", "｣": "｣", "﹁": "﹂", "﹂": "﹂"},
    {"『": "』", "』": "』", "﹃": "﹄", "﹄": "﹄"},
)
_PARTNERS = {quote: partners for line in _QUOTES for quote, partners in line.items()}
_LINES = {quote: frozenset(line) for line in _QUOTES for quote in line}
# These are apostrophes, too: they are quotes only around whole words.
_APOSTROPHES = "'‘’‚‛"
_MINUS = "-\u2010\u2011\u2012\u2013\u2212\ufe63!"
_OPERATORS = {"AND": Symbol.AND, "&&": Symbol.AND, "OR": Symbol.OR, "||": Symbol.OR, "|": Symbol.OR, "NOT": Symbol.NOT}
# Full-width forms of ASCII: each is one character as well, so that all places stay correct.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
# Khmer keyboards have a colon of their own, and may put invisible characters between words.
_FIELD = re.compile(r"([A-Za-zÀ-ɏ]+(?:[_-][A-Za-zÀ-ɏ]+)*|[\u1780-\u17d3\u17dd\u200b-\u200d]+)([:\u17d6])")
_SUFFIX = re.compile(r"[~*]*")


def lexemes(text: str, fields: Container[str]) -> Iterator[Lexeme]:
    """Yield the lexemes of a query.

    Args:
        text: the query.
        fields: the names of the fields there are, in match form.

    Raises:
        QueryError: a quote is not closed, or a symbol has no meaning at its place.
    """
    plain = text.translate(_NARROW)
    at = 0
    while at < len(plain):
        if _parts(plain[at]):
            at += 1
            continue
        lexeme = _lexeme(plain, at, fields)
        yield lexeme
        at = lexeme.end


def _lexeme(text: str, begin: int, fields: Container[str]) -> Lexeme:
    at = begin
    behind = _next(text, at + 1)
    negated = text[at] in _MINUS and behind < len(text) and not text[behind].isspace()
    at = behind if negated else at
    if text[at] in "()":
        return Lexeme(text[at], begin, at + 1, negated=negated, symbol=Symbol(text[at]))
    name, value_at = _field(text, at, fields)
    at = value_at
    end = _end_of_quote(text, at)
    if quoted := end is not None:
        inner, at = text[at + 1 : end], end + 1
        _check_phrase(text, value_at, end)
    else:
        at = _end_of_word(text, at)
        inner = text[value_at:at].rstrip("~*")
        at = value_at + len(inner)
    suffixes = _SUFFIX.match(text, at)
    suffix = suffixes[0] if suffixes else ""
    if len(suffix) > 1:
        raise QueryError(Message("A word can end with only one sign, ~ or *."), at)
    if not quoted:
        _check_word(inner, value_at)
    operator = None if quoted or negated or name or suffix else _OPERATORS.get(_visible(inner))
    return Lexeme(
        inner, begin, at + len(suffix), name, value_at, quoted, negated, suffix == "~", suffix == "*", operator
    )


def _field(text: str, at: int, fields: Container[str]) -> tuple[str, int]:
    """Return the name of the field that begins at a place ("" if none does), and where its value begins."""
    found = _FIELD.match(text, at)
    if not found:
        return "", at
    name, colon = found.groups()
    is_known = match_form(name) in fields
    value_at = _next(text, found.end())
    if value_at == len(text) or text[value_at].isspace():
        if not is_known:
            return "", at  # "Objet: …", as on papers
        needed = Message(
            "{name}: needs a value, directly after the colon. To search for the word itself, quote it.", name=name
        )
        raise QueryError(needed, at)
    if not is_known and not (name[0] < "\u1780" and colon == ":"):
        return "", at  # Khmer papers have no space there
    if text[value_at] == "(" and is_known:
        raise QueryError(Message("Write {name}: before each value: {name}:… OR {name}:…", name=name), value_at)
    return name, value_at


def _end_of_quote(text: str, at: int) -> int | None:
    """Return where the quote that begins at a place is closed; None if none begins there."""
    opening = text[at]
    if opening in _APOSTROPHES:
        places = range(at + 2, len(text))
        return next((end for end in places if text[end] in _APOSTROPHES and not _goes_on(text, end + 1)), None)
    if opening not in _PARTNERS:
        return None
    depth = 1
    for place in range(at + 1, len(text)):
        if text[place] not in _LINES[opening]:
            continue
        # A quote may be inside another, with its own marks.
        within = text[place] != opening and text[place] not in _PARTNERS[opening] and _begins_word(text, place)
        depth += 1 if within else -1
        if not depth:
            return place
    raise QueryError(Message("The quote that begins at character {n} is not closed.", n=at + 1), at)


def _end_of_word(text: str, begin: int) -> int:
    """Return where a word ends: before a space, a quote, or a parenthesis that is not its own."""
    open_ones = 0
    for place in range(begin, len(text)):
        character = text[place]
        if character.isspace() or character in _PARTNERS:
            return place
        if character == "(" and text[begin:place] in _OPERATORS:
            return place
        if character == ")" and not open_ones:
            return place
        open_ones += (character == "(") - (character == ")")
    return len(text)


def _check_word(word: str, at: int) -> None:
    if "*" in word:
        raise QueryError(Message("* means any ending: it can be only at the end of a word."), at + word.index("*"))
    if "~" in word and any(map(is_letter, word)):
        similar = Message("~ asks for similar spellings: it can be only at the end of a word.")
        raise QueryError(similar, at + word.index("~"))
    for place in range(1, len(word) - 1):
        if word[place] == "?" and is_letter(word[place - 1]) and is_letter(word[place + 1]):
            instead = Message("? does not replace a letter. begin* finds words that begin so, word~ similar spellings.")
            raise QueryError(instead, at + place)


def _check_phrase(text: str, begin: int, end: int) -> None:
    for place in range(begin + 1, end):
        symbol, before, behind = text[place], text[place - 1], text[place + 1]
        if (symbol in "*~" and is_letter(before)) or (symbol == "*" and is_letter(behind)):
            meaningless = Message(
                "Inside quotes {sign} has no meaning: put it after the closing quote, or at the end of a word "
                "outside quotes.",
                sign=symbol,
            )
            raise QueryError(meaningless, place)


def is_letter(character: str) -> bool:
    """Whether a character is a letter or a digit, or a sign of a Khmer syllable."""
    return character.isalnum() or "\u1780" <= character <= "\u17d3"


def _next(text: str, at: int) -> int:
    """Return the place of the next character that is visible or a space."""
    return next((place for place in range(at, len(text)) if not _is_invisible(text[place])), len(text))


def _begins_word(text: str, place: int) -> bool:
    return text[place - 1].isspace() and _goes_on(text, place + 1)


def _goes_on(text: str, place: int) -> bool:
    return place < len(text) and is_letter(text[place])


def _parts(character: str) -> bool:
    """Whether a character is a space or invisible, and so belongs to no word."""
    return character.isspace() or _is_invisible(character)


def _is_invisible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) in {"Cf", "Cc"}


def _visible(word: str) -> str:
    return "".join(character for character in word if not _parts(character))
