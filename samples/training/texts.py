# ruff: noqa: E501  # lists of words and faces read better packed
"""The texts of the training lines: sentences of Debian's translations, words in random order, case-file phrases."""

import gettext
import html
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.text.normalise import tidy

KHMER_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")

_KHMER = re.compile("[\u1780-\u17ff]")
_ZWSP = "\u200b"

_TRANSLATIONS = Path("/usr/lib/libreoffice/program/resource/km/LC_MESSAGES")
_HELP = Path("/usr/share/libreoffice/help/km/text")
_FIREFOX = Path("/usr/lib/firefox-esr/browser/extensions/langpack-km@firefox-esr.mozilla.org.xpi")
_FRENCH = Path("/usr/share/dict/french")
_ENGLISH = Path("/usr/share/dict/american-english")

_LETTERS = "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ"
_VOWELS = "ាិីឹឺុូួើឿៀេែៃោៅ"
_UNDER = "កខគឃងចឆជឈញដឋឌណតថទធនបផពភមយរលវសហអ"

# Words with the letters that Debian's models lack, and the letters by themselves.
_RARE = (
    "ឪពុក", "ឪពុកម្តាយ", "ឪពុកធំ", "ឪពុកក្មេក", "ឪពុកមា", "ឪវ៉", "ឪឡឹក", "ឮ", "ឮសូរ", "ឮដំណឹង", "ស្តាប់ឮ", "ល្បីឮ",
    "ឫស", "ឫទ្ធិ", "ឫកពា", "ឫស្សី", "ឫស្យា", "ឍ", "ឍ.", "ឦសាន", "ភាគឦសាន", "ឦ", "ឭ", "រំឭក", "ការរំឭក", "៛", "ឰដ៏",
    "ឳ", "ឩ", "ឩរុ", "អ៎", "ណ៎", "ឧកញ៉ា", "ឥឡូវ", "ឯកសារ", "ឱកាស", "ឱសថ", "ឧបករណ៍", "ឲ្យ", "អឌ្ឍ", "ពិឃាដ", "ឈ្លោះ",
    "អណ្តែត", "សញ្ឈប់", "កញ្ឆា", "អន្ឡោះ", "ផ្ឡាស",
)  # fmt: skip

_PEOPLE = ("ឪពុក", "ម្តាយ", "ប្រពន្ធ", "ប្តី", "កូន", "សាក្សី", "ជនសង្ស័យ", "មេធាវី", "អ្នកបកប្រែ", "ចៅក្រម", "ព្រះរាជអាជ្ញា")
_MONTHS = ("មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ")
_MOIS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre", "January", "February", "March", "April", "June", "July", "August", "September", "October",
)  # fmt: skip
_SMALL_LATIN = (
    "à", "de", "la", "le", "les", "et", "du", "des", "au", "aux", "où", "été", "être", "même", "après", "là", "ça", "déjà", "voilà",
    "d'un", "l'État", "qu'il", "n'est", "s'est", "c’est", "l’un", "un", "une", "par", "pour", "dans", "sur", "né", "née", "§",
    "the", "of", "and", "to", "in", "is", "was", "that", "it", "for", "by", "with", "I", "he", "she", "a", "not", "on", "at",
)  # fmt: skip
_LATIN_HEADS = (
    "Dossier n° {n} du {d} {mois} {y}", "No. {n}/{s} {A}.{A}.", "Tel: {tel}", "Tél. {tel}", "Jugement n° {n}/{s}",
    "Case {z}/{d}-{s}-{y}-{A}{A}{A}{A}/{A}{A}", "{A}{d}/{n}/{d}", "Page {d}", "p. {d}-{n}", "REF: {A}{A}-{n}", "N° {n}/{s}-{A}{A}",
    "Le {d} {mois} {y}", "Phnom Penh, le {d} {mois} {y}", "l'an mil neuf cent", "Art. {n}, al. {d}", "{n} KHR", "US$ {n}.{s}",
    "E-mail: {w}@{w}.org", "www.{w}.com", "ERN {z}{n}{s}-{z}{n}{s}", "DC-Cam", "S-21", "UNTAC {y}", "Fax: {tel}",
)  # fmt: skip
_KHMER_HEADS = (
    "លេខ {n}/{s} {k}", "លេខ៖ {n} {k}", "ថ្ងៃទី{d} ខែ{month} ឆ្នាំ{y}", "ម៉ោង {d} និង {m}នាទី", "សំណុំរឿងលេខ {n}/{s}",
    "មាត្រា {n}", "កថាខណ្ឌ {d}", "អាយុ {m} ឆ្នាំ", "ចំនួន {money} ៛", "{money}៛", "{m}%", "ទំព័រ {d}", "({k1})", "{d}-", "{d}.", "{k1}-",
    "ព.ស. ២៥{s}", "គ.ស. {y}", "ផ្ទះលេខ {n} ផ្លូវ {d}", "ទូរស័ព្ទ {tel}", "{person}ឈ្មោះ", "ភេទប្រុស", "ភេទស្រី", "សូមគោរពជូន", "កម្មវត្ថុ៖", "យោង៖",
    "សួរ៖", "ឆ្លើយ៖", "{d}/{m}/{y}", "លិខិតលេខ {n} {k}", "អត្តសញ្ញាណប័ណ្ណលេខ {z}{n}", "ប្រាក់ {money} រៀល", "ទម្ងន់ {d},{m} គ.ក្រ",
)  # fmt: skip


class Shaper(Protocol):
    """Says whether a text is long enough."""

    def __call__(self, text: str) -> bool:
        """Say whether the text still fits."""


class Writer:
    """Writes random lines; the same generator state gives the same lines."""

    def __init__(
        self, rng: np.random.Generator, khmer_words: Path, letters: frozenset[str], *, held: bool = False
    ) -> None:
        """Collect the parts of lines.

        Args:
            rng: The random generator.
            khmer_words: The word list of Debian's Khmer model, a word a line.
            letters: Code points that the model to be trained can output; texts with others are skipped.
            held: Write with the tenth of all words and sentences that is kept from training.
        """
        self._rng = rng
        known = re.compile(f"[{re.escape(''.join(sorted(letters)))} ]+")
        mine = _Mine(held)
        self._sentences = [text for text in sentences() if mine(text) and known.fullmatch(text.replace(_ZWSP, ""))]
        words = (tidy(word) for word in khmer_words.read_text("utf-8").split("\n") if _KHMER.match(word))
        self._words = [word for word in words if mine(word) and known.fullmatch(word)]
        french, english = (path.read_text("utf-8").split("\n") for path in (_FRENCH, _ENGLISH))
        self._latin = [
            word for word in (*french, *english) if 1 < len(word) < 14 and mine(word) and known.fullmatch(word)
        ]

    def line(self, fits: Shaper) -> str:
        """Write one line, as long as fits."""
        kind = self._rng.random()
        if kind < 0.27:
            pieces = self._from_sentence()
        elif kind < 0.56:
            pieces = self._salad(0.06)
        elif kind < 0.66:
            pieces = self._nonsense()
        elif kind < 0.76:
            pieces = self._latin_line()
        else:
            pieces = self._case_line()
        text = ""
        for piece in pieces:
            if text and not fits(text + piece):
                break
            text += piece
        return " ".join(text.split())

    def _pick(self, some: Sequence[str]) -> str:
        return some[int(self._rng.integers(len(some)))]

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def _from_sentence(self) -> Iterator[str]:
        """Yield the words of running text, from a random place on."""
        for _ in range(4):
            pieces = re.findall(f"[^ {_ZWSP}]+ *", self._pick(self._sentences))
            start = int(self._rng.integers(len(pieces))) if len(pieces) > 12 else 0
            for piece in pieces[start:]:
                yield piece
                if self._chance(0.02):
                    yield self._pick(_RARE)
            yield " "

    def _salad(self, rare: float) -> Iterator[str]:
        """Yield Khmer words in random order, with the punctuation of real text."""
        while True:
            word = self._pick(_RARE) if self._chance(rare) else self._pick(self._words)
            mark = self._rng.random()
            if mark < 0.04:
                word = self._pick(("«{}»", "“{}”", "({})", '"{}"', "[{}]", "‘{}’")).format(word)
            elif mark < 0.07:
                word += "ៗ"
            elif mark < 0.14:
                word += self._pick(("។ ", "៖ ", ", ", "; ", " ។ ", "? ", "! ", "៕", "...", " - ", " – ", "/", "៛ "))
            elif mark < 0.19:
                word += self._number()
            yield word + (" " if self._chance(0.3) else "")

    def _nonsense(self) -> Iterator[str]:
        """Yield syllables that are in no word: from these only the shapes can be learned."""
        while True:
            if self._chance(0.12):
                yield self._pick("ឥឦឧឩឪឫឬឭឮឯឰឱឲឳឪឮឫឭ")
                continue
            text = self._pick(_LETTERS if self._chance(0.9) else "ឍ")
            if self._chance(0.4):
                text += "្" + self._pick(_UNDER)
                if text[-1] != "រ" and self._chance(0.12):
                    text += "្រ"
            if self._chance(0.08):
                text += self._pick("៉៊")
            if self._chance(0.75):
                text += self._pick(_VOWELS)
            if self._chance(0.3):
                text += self._pick("ំះ់័៌៍៏ៈ៎ំះ់")
            yield text + (" " if self._chance(0.2) else "")

    def _case_line(self) -> Iterator[str]:
        """Yield phrases of case files with their numbers and Latin text, and words between them."""
        salad = self._salad(0.15)
        if self._chance(0.1):
            yield self._pick(("....", "........", "............", "- ", "+ ", "* ", "• ")) + " "
        while True:
            what = self._rng.random()
            if what < 0.4:
                yield self.fill(self._pick(_KHMER_HEADS), khmer=not self._chance(0.12)) + " "
            elif what < 0.62:
                yield self.fill(self._pick(_LATIN_HEADS), khmer=False) + " "
            elif what < 0.7:
                word = self._pick(self._latin)
                yield self._pick((word, word.capitalize(), word.upper(), f"({word})", f"({word.upper()})")) + " "
            elif what < 0.73:
                yield self._pick((".....", "..........", "...............")) + " "
            else:
                for _ in range(int(self._rng.integers(1, 4))):
                    yield next(salad)
                yield " "

    def _latin_line(self) -> Iterator[str]:
        """Yield words of French and English, in the order of sentences."""
        first = True
        while True:
            if self._chance(0.12):
                yield self.fill(self._pick(_LATIN_HEADS), khmer=False) + " "
                continue
            word = self._pick(_SMALL_LATIN if self._chance(0.35) else self._latin)
            style = self._rng.random()
            if first or style < 0.12:
                word = word.capitalize()
            elif style < 0.2:
                word = word.upper()
            first = self._chance(0.1)
            yield word + (
                ". " if first else self._pick((" ", " ", " ", " ", " ", ", ", "; ", " : ", "-", ") (", " « ", " » "))
            )

    def _number(self) -> str:
        text = self._pick(("{n}", "{d}", "{y}", "{money}", "{d},{m}", "{n}/{s}", "{m}%"))
        return self.fill(text, khmer=self._chance(0.75)) + " "

    def fill(self, template: str, khmer: bool) -> str:
        """Return a template with numbers, letters and words drawn for its slots."""
        rng = self._rng
        abbreviation = ".".join(self._pick(_LETTERS) for _ in range(int(rng.integers(2, 4))))
        slots = {
            "n": str(rng.integers(1, 10 ** int(rng.integers(1, 5)))), "d": str(rng.integers(1, 32)), "m": f"{rng.integers(0, 100):02}",
            "s": f"{rng.integers(0, 100):02}", "y": str(rng.integers(1900, 2026)), "z": f"{rng.integers(0, 1000):03}",
            "money": f"{rng.integers(1, 10**7):,}".replace(",", self._pick((".", ",", " "))),
            "tel": f"0{rng.integers(10, 100)} {rng.integers(100, 1000)} {rng.integers(100, 1000)}",
        }  # fmt: skip
        if khmer:
            slots = {name: value.translate(KHMER_DIGITS) for name, value in slots.items()}
        parts = re.split(r"(\{\w+\})", template)
        others = {
            "month": lambda: self._pick(_MONTHS), "mois": lambda: self._pick(_MOIS), "k": lambda: abbreviation,
            "k1": lambda: self._pick(_LETTERS), "A": lambda: self._pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            "w": lambda: self._pick(self._latin).lower(), "person": lambda: self._pick(_PEOPLE),
        }  # fmt: skip
        return "".join(
            (slots[part[1:-1]] if part[1:-1] in slots else others[part[1:-1]]()) if part.startswith("{") else part
            for part in parts
        )


class _Mine:
    """Says which texts are for training and which are held back: the same ones on every machine."""

    def __init__(self, held: bool) -> None:
        self._held = held

    def __call__(self, text: str) -> bool:
        return (zlib.crc32(text.encode()) % 10 == 0) == self._held


def sentences() -> list[str]:
    """Return the Khmer sentences of Debian's translations, their words separated by zero-width spaces."""
    raw: set[str] = set()
    for path in sorted(_TRANSLATIONS.glob("*.mo")):
        with path.open("rb") as file:
            catalogue: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        raw.update(line for text in catalogue.values() for line in str(text).split("\n"))
    with zipfile.ZipFile(_FIREFOX) as pack:
        for name in pack.namelist():
            if name.endswith((".ftl", ".properties")):
                lines = pack.read(name).decode("utf-8", "replace").split("\n")
                raw.update(line.partition("=")[2].strip() for line in lines)
    for path in sorted(_HELP.rglob("*.html")):
        raw.update(_plain(path.read_text("utf-8")))
    return sorted(set(_cleaned(raw)))


def _plain(page: str) -> list[str]:
    """Return the paragraphs of a page of HTML."""
    page = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r"</?(p|h\d|td|tr|li|div|br|title)\b[^>]*>", "\n", page)
    return html.unescape(re.sub(r"<[^>]+>", "", page)).split("\n")


def _cleaned(raw: Iterable[str]) -> Iterator[str]:
    for text in raw:
        # Programs' accelerators and slots are not printed text.
        found = re.sub(r"[~_]|\(\s*[~_&]?[A-Z]\s*\)|%\w+|\{[^}]*\}|\$\w+|&\w+;", "", text).replace("\xa0", " ")
        found = re.sub(rf"[{_ZWSP}\s]+(?=[។៖៕])", "", found)
        found = re.sub(rf" *{_ZWSP}+ *", lambda gap: " " if " " in gap[0] else _ZWSP, tidy(found)).strip()
        if 8 < len(found) < 600 and len(_KHMER.findall(found)) > 0.4 * len(found):
            yield found
