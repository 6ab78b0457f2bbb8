"""Normal forms of text: one to keep and show, one to match.

The same Khmer syllable on paper can be written in several orders of code points; people type them, and recognisers
produce them. Sources: The Unicode Standard 15, chapter 16.4 (Khmer), for the order in a syllable and for deprecated
letters; SIL's *Khmer Encoding Structure* (Unicode document L2/21-233) for letters that look the same. The rules are
numbered where they are applied; ``tests/text/test_normalise.py`` has an example of each.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

COENG = "\u17d2"
_RO, _DA, _TA, _U = "\u179a", "\u178a", "\u178f", "\u17bb"
_ROBAT = "\u17cc"
_SHIFTERS = "\u17c9\u17ca"
_VOWELS = "\u17b6-\u17c5"
_ABOVE = "\u17b7\u17b8\u17b9\u17ba\u17be\u17bf\u17d0\u17dd"
_AA, _NIKAHIT, _ATTHACAN = "\u17b6", "\u17c6", "\u17dd"
_LETTERS = "\u1780-\u17b3"
_MARKS = "\u17b6-\u17d1\u17dd"
_JOINERS = "\u200c\u200d"
# Unicode's Default_Ignorable_Code_Point, those that text of a page can contain.
_INVISIBLE = "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"

# The sign of subscripts may have no letter after it: misread, or typed by mistake. It is dropped.
# In the canonical order of Unicode, ATTHACAN follows the sign of subscripts, and so separates it from its letter.
_SYLLABLE = re.compile(rf"[{_LETTERS}](?:{COENG}+{_ATTHACAN}*[{_LETTERS}]|[{_MARKS}]|{COENG})*")
_APART = re.compile(f"({COENG})({_ATTHACAN}+)")
_PART = re.compile(rf"{COENG}[{_LETTERS}]|[{_MARKS}]")

# 1. Letters that the standard has deprecated, and their replacements.
_DEPRECATED = {
    "\u17a3": "\u17a2",
    "\u17a4": "\u17a2\u17b6",
    "\u17a8": "\u17a7\u1780",
    "\u17b4": "",
    "\u17b5": "",
    "\u17d8": "\u17d4\u179b\u17d4",
}
_RARE = re.compile(f"[{_INVISIBLE}{''.join(_DEPRECATED)}]")
# 2. Marks of other scripts on a Khmer letter are misread, and may be in the middle of a syllable. Mostly only Khmer,
# ASCII and Latin-1 follow a Khmer letter: then there are none.
_OTHER = "[^\x00-\xac\xae-\u02ff\u1780-\u17ff]"
_OTHER_BEHIND_KHMER = re.compile(f"{_OTHER}(?<=[\u1780-\u17dd].){_OTHER}*", re.DOTALL)
_SEGMENT = re.compile(
    rf"({_SYLLABLE.pattern})|[^\W_{_LETTERS}](?:[^\W_{_LETTERS}]|[{_ACCENTS}])*|.",
    re.DOTALL,
)
# 3. Two halves of a vowel that has its own code point.
_HALVES = {("\u17c1", "\u17b8"): "\u17be", ("\u17c1", "\u17b6"): "\u17c4"}
# Letters that Unicode does not decompose, and that people write either way.
_LATIN = {"œ": "oe", "æ": "ae", "đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i"}


def tidy(text: str) -> str:
    """Return the form to keep in addition to the text as read.

    NFC; syllables in one order; vowels in one piece; deprecated letters replaced; joiners dropped, because they change
    nothing that is printed; marks of other scripts on Khmer letters dropped; the zero-width space kept, because it
    separates words.
    """
    plain = "".join(_DEPRECATED.get(character, character) for character in text if character not in _JOINERS)
    normal = unicodedata.normalize("NFC", plain)
    while (unbroken := unicodedata.normalize("NFC", _OTHER_BEHIND_KHMER.sub(_unbroken, normal))) != normal:
        normal = unbroken
    return _SYLLABLE.sub(lambda found: "".join(_ordered(found[0])), normal)


def _unbroken(found: re.Match[str]) -> str:
    """Return what follows Khmer without marks of other scripts; in a syllable also without invisible characters."""
    before, behind = found.string[: found.start()], found.string[found.end() : found.end() + 1]
    is_in_syllable = before.rstrip(_ATTHACAN).endswith(COENG) or "\u17b6" <= behind <= "\u17dd"
    return "".join(
        itertools.dropwhile(
            lambda character: _is_foreign_mark(character) or (is_in_syllable and _RARE.match(character)), found[0]
        )
    )


def match_form(text: str) -> str:
    """Return the form in which texts are compared: equal for all texts that a reader would call the same."""
    return "".join(form for form, _, _ in match_segments(text))


def match_segments(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the segments of the match form: whole Khmer syllables, whole words of other scripts, single characters.

    The match form is :func:`tidy` and also NFKC, without invisible characters, digits of all scripts as ASCII, without
    case, without accents on Latin letters, and with one of each two confusable Khmer forms. With each segment comes the
    range ``[start, end)`` of the text it comes from. They are plain tuples, because a page has a thousand.
    """
    plain, places = _visible(text)
    for found in _SEGMENT.finditer(plain):
        form = _syllable(found[0]) if found.lastindex else _folded(found[0])
        if form:
            start, end = found.span()
            yield form, places[start], places[end - 1] + 1


def _visible(text: str) -> tuple[str, Sequence[int]]:
    """Return a text without what is invisible, deprecated or foreign, and the original place of each character."""
    if not (_RARE.search(text) or _OTHER_BEHIND_KHMER.search(text)):
        return text, range(len(text))
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        kept = _DEPRECATED.get(character, "" if _RARE.match(character) else character)
        if characters and "\u1780" <= characters[-1] <= "\u17dd" and _is_foreign_mark(character):
            kept = ""
        characters += kept
        places += [place] * len(kept)
    return "".join(characters), places


def _is_foreign_mark(character: str) -> bool:
    is_khmer = "\u1780" <= character <= "\u17ff"
    return not is_khmer and all(map(unicodedata.combining, unicodedata.normalize("NFD", character)))


@lru_cache(maxsize=65536)
def _folded(text: str) -> str:
    """Return a text without case, accents and compatibility forms; "" for a mark without a letter."""
    return "".join(
        _LATIN.get(part, _digit(part))
        for part in unicodedata.normalize("NFKD", text).casefold()
        if not unicodedata.combining(part)
    )


@lru_cache(maxsize=65536)
def _syllable(syllable: str) -> str:
    """Return the match form of a syllable."""
    return _fold_confusables(_ordered(syllable))


def _digit(character: str) -> str:
    """Return a decimal digit of any script as ASCII, also the Khmer numerals for divination (U+17F0 to U+17F9)."""
    value = unicodedata.digit(character, None)
    if value is None and "\u17f0" <= character <= "\u17f9":
        value = ord(character) - 0x17F0
    return character if value is None else str(value)


def _ordered(syllable: str) -> list[str]:
    """Return the parts of a syllable in normal order: letter, robat, subscripts, shifter, vowels, signs.

    4. Among subscripts, RO comes last: on paper it is before the letter, regardless of what follows it.
    5. A mark that occurs twice is one mark; vowels and signs are in the order of their code points.
    """
    parts = _PART.findall(_APART.sub(r"\2\1", syllable), 1)
    subscripts = list(dict.fromkeys(part for part in parts if part[0] == COENG))
    subscripts.sort(key=lambda part: part[1] == _RO)
    marks = sorted(dict.fromkeys(part for part in parts if part[0] != COENG))
    vowels = [mark for mark in marks if "\u17b6" <= mark <= "\u17c5"]
    for (left, right), whole in _HALVES.items():
        if left in vowels and right in vowels:
            vowels = sorted([vowel for vowel in vowels if vowel not in {left, right}] + [whole])
    robat = [_ROBAT] if _ROBAT in marks else []
    shifters = [mark for mark in marks if mark in _SHIFTERS]
    signs = [mark for mark in marks if mark > "\u17c5" and mark not in _SHIFTERS and mark != _ROBAT]
    return [syllable[0], *robat, *subscripts, *shifters, *vowels, *signs]


def _fold_confusables(parts: list[str]) -> str:
    """Return a syllable with one of each two confusable forms: forms that look the same on paper.

    6. The subscripts DA and TA have one shape. 7. The letters ឲ and ឱ are two shapes of one letter. 8. Under a vowel or
    sign above the letter, or AA with NIKAHIT, a shifter is printed like the vowel U.
    """
    shapes = [COENG + _TA if part == COENG + _DA else part for part in parts]
    if shapes[0] == "\u17b2":
        shapes[0] = "\u17b1"
    if any(part in _ABOVE for part in shapes) or {_AA, _NIKAHIT} <= set(shapes):
        shapes = [_U if part in _SHIFTERS else part for part in shapes]
    return shapes[0] + "".join(sorted(dict.fromkeys(shapes[1:]), key=_rank))


def _rank(part: str) -> tuple[int, str]:
    order = 0 if part == _ROBAT else 1 if part[0] == COENG else 2
    return (order, "" if order == 1 else part)
