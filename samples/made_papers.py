"""Papers of every kind that a court file holds, made from templates: for training a classifier, and for measuring.

A template (``samples/papers/*.toml``) is the text of one paper in one language, with slots for names, numbers and
dates. Each time, some of its paragraphs are left out, the slots get new values, and the paper looks different.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from models.page import Block as PageBlock
from models.page import Line, Page, Rect, Word
from pipeline.text.lunar import MONTHS, SAKS, animal_of, buddhist_year, lunar_days
from samples.faces import load_face
from samples.typeset import Align, Block, Columns, Gap, Ink, Sheet, Text
from samples.words import date_en, date_fr, date_km, khmer_digits

TEMPLATES = Path(__file__).with_name("papers")

_T = TypeVar("_T")
# On these papers the court in a slot is the lower court, and their own court is written out.
_OF_THE_COURT_ABOVE = {"appeal_judgment", "cassation"}
_COURTS = {
    "km": ("សាលាដំបូង{}",),
    "fr": ("Tribunal de première instance de {}", "Tribunal provincial de {}"),
    "en": ("Court of First Instance of {}", "Provincial Court of {}"),
}
_KINGDOM = {
    "km": ("ព្រះរាជាណាចក្រកម្ពុជា", "ជាតិ សាសនា ព្រះមហាក្សត្រ"),
    "fr": ("ROYAUME DU CAMBODGE", "Nation Religion Roi"),
    "en": ("KINGDOM OF CAMBODIA", "Nation Religion King"),
}
_DATES = {"km": date_km, "fr": date_fr, "en": date_en}


@dataclass(frozen=True, slots=True)
class Template:
    """The text of a paper; ``samples/README.md`` lists the slots. ``lang`` is "km", "fr" or "en"."""

    kind: str
    lang: str
    titles: tuple[str, ...]
    head: tuple[str, ...]
    opening: str
    body: tuple[str, ...]
    closing: str
    signed: tuple[str, ...]

    @property
    def words(self) -> str:
        """All its possible text, except its title."""
        return "\n".join((*self.head, self.opening, *self.body, self.closing, *self.signed))


@dataclass(frozen=True, slots=True)
class Cast:
    """The people and places of the papers, in Khmer and in Latin letters; combined at random, so nobody is meant."""

    families: Sequence[tuple[str, str]]
    given: Sequence[tuple[str, str]]
    villages: Sequence[tuple[str, str]]
    provinces: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Look:
    """The faces in which papers are set, for bodies and for titles."""

    khmer: Sequence[str]
    khmer_titles: Sequence[str]
    latin: Sequence[str]
    latin_titles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper, and its ground truth: "" for what it does not say.

    ``date`` is ``YYYY-MM-DD``, ``court`` as the glossary names it first, with its province. ``numbered`` says whether
    its later sheets have their numbers.
    """

    kind: str
    lang: str
    blocks: Sequence[Block]
    numbered: bool
    case_number: str
    court: str
    date: str


def read_templates(folder: Path = TEMPLATES) -> list[Template]:
    """Return the templates of a folder, in the order of its files.

    Raises:
        OSError: one cannot be read.
        ValueError: one is not TOML.
    """
    return [
        Template(
            kind=entry["kind"],
            lang=file.stem[:2],
            titles=tuple(entry["titles"]),
            head=tuple(entry.get("head", ())),
            opening=entry["opening"],
            body=tuple(entry["body"]),
            closing=entry["closing"],
            signed=tuple(entry["signed"]),
        )
        for file in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(file.read_text("utf-8"))["paper"]
    ]


@dataclass(slots=True)
class Maker:
    """Makes papers with the names of a cast, in the faces of a look, with its own random generator."""

    cast: Cast
    look: Look
    rng: np.random.Generator

    def make(self, template: Template, sheets: int = 1) -> Paper:
        """Make a paper from a template, set so wide that it fills about so many sheets."""
        slots, truth = self._slots(template)
        facts = {name: value if f"{{{name}}}" in template.words else "" for name, value in truth.items()}
        return Paper(
            kind=template.kind,
            lang=template.lang,
            blocks=list(self._blocks(template, slots, sheets)),
            numbered=bool(self.rng.random() < 0.6),
            case_number=facts["number"],
            court=facts["court"],
            date=facts["date"],
        )

    def _one(self, listed: Sequence[_T]) -> _T:
        return listed[int(self.rng.integers(len(listed)))]

    def _slots(self, template: Template) -> tuple[dict[str, str], dict[str, str]]:
        """Return the values of the slots, and those of number, court and date in normal form."""
        lang = template.lang
        script = 0 if lang == "km" else 1
        day = date(int(self.rng.integers(1955, 2012)), 1, 1) + timedelta(days=int(self.rng.integers(365)))
        deed = day - timedelta(days=int(self.rng.integers(8, 500)))
        in_khmer = lang == "km" and self.rng.random() < 0.85
        province = self._one(self.cast.provinces)
        number = f"{self.rng.integers(11, 990)}/{day.year % 100:02}"
        figures = {
            "number": number,
            "article": str(self.rng.integers(12, 480)),
            "amount": f"{int(self.rng.integers(12, 990)) * 10_000:,}".replace(",", "."),
            "age": str(self.rng.integers(19, 74)),
        }
        people = {
            role: f"{self._one(self.cast.families)[script]} {self._one(self.cast.given)[script]}"
            for role in ("person", "other", "third", "judge", "clerk")
        }
        slots = {
            **people,
            **{name: khmer_digits(value) if in_khmer else value for name, value in figures.items()},
            "court": self._one(_COURTS[lang]).format(province[script]),
            "province": province[script],
            "village": self._one(self.cast.villages)[script],
            "date": self._written(day, lang),
            "deed": _DATES[lang](deed),
        }
        court = "" if template.kind in _OF_THE_COURT_ABOVE else _COURTS["km"][0].format(province[0])
        return slots, {"number": number, "court": court, "date": day.isoformat()}

    def _written(self, day: date, lang: str) -> str:
        """Return a day as a paper may write it: some Khmer ones in the lunar calendar, some others in figures."""
        if self.rng.random() < 0.1:
            return lunar_km(day) if lang == "km" else f"{day.day:02}/{day.month:02}/{day.year}"
        return _DATES[lang](day)

    def _blocks(self, template: Template, slots: Mapping[str, str], sheets: int) -> Iterator[Block]:
        khmer = template.lang == "km"
        face = self._one(self.look.khmer if khmer else self.look.latin)
        bold = self._one(self.look.khmer_titles if khmer else self.look.latin_titles)
        size = float(self.rng.uniform(10.5, 12.5)) + 1.8 * (sheets - 1)
        leading = float(self.rng.uniform(1.0, 1.15)) + 0.55 * (sheets - 1)

        def fill(text: str) -> str:
            # French puts a space before « : ; » that no line is broken at.
            filled = text.format_map(slots)
            return re.sub(r" (?=[;:!?»])|(?<=«) ", "\N{NO-BREAK SPACE}", filled) if template.lang == "fr" else filled

        def lines(texts: Sequence[str], align: Align = "left") -> tuple[Text, ...]:
            return tuple(Text(fill(text), face, size, align, after=1.0) for text in texts)

        motto = _KINGDOM[template.lang] if self.rng.random() < 0.85 else ()
        kingdom = tuple(Text(text, face if n else bold, size, "centre", after=1.0) for n, text in enumerate(motto))
        if template.head and kingdom and self.rng.random() < 0.6:
            yield Columns((lines(template.head, "centre"), kingdom))
        else:
            yield from (*kingdom, *lines(template.head))
        title = self._one(template.titles)
        yield Gap(float(self.rng.uniform(2, 9)))
        yield Text(
            title if khmer or self.rng.random() < 0.4 else title.upper(),
            bold,
            size * float(self.rng.uniform(1.0, 1.35)),
            "centre",
            after=1.0,
        )
        yield Gap(float(self.rng.uniform(1, 6)))
        indent = float(self.rng.choice([0, 8, 12]))
        body = [text for text in template.body if sheets > 1 or "{date}" in text or self.rng.random() < 0.75]
        for text in (template.opening, *body, template.closing):
            after = float(self.rng.uniform(0.5, 3)) * (2 * sheets - 1)
            yield Text(fill(text), face, size, indent=indent, after=after, leading=leading)
        yield Gap(float(self.rng.uniform(3, 8)))
        signed: tuple[tuple[Block, ...], ...] = tuple(
            (*lines((role,), "centre"), Gap(10), *lines((self._one(("{judge}", "{clerk}", "{person}")),), "centre"))
            for role in template.signed
        )
        columns = ((), *signed) if len(signed) == 1 else signed
        if columns:
            yield Columns(columns, (1.0,) * len(columns))


def lunar_km(day: date) -> str:
    """Return a day of 1900 to 2100 in the lunar calendar: day of the moon, month, animal, sak, Buddhist era."""
    month, half, number = next(
        (month, "កើត" if waxing else "រោច", number)
        for month in MONTHS
        for waxing in (True, False)
        for number in range(1, 16)
        if day in lunar_days(day.year, month, waxing=waxing, day=number)
    )
    sak = SAKS[(day.year - (day < date(day.year, 4, 14)) - 638) % 10]
    return khmer_digits(f"ថ្ងៃ{number}{half} ខែ{month} ឆ្នាំ{animal_of(day)} {sak} ព.ស.{buddhist_year(day)}")


def pages_of(sheets: Sequence[Sheet]) -> tuple[Page, ...]:
    """Return sheets as pages that were read without an error, without drawing them."""
    return tuple(
        Page(
            scan="",
            number=number,
            recipe="",
            width=sheet.width,
            height=sheet.height,
            dpi=sheet.dpi,
            blocks=tuple(_block(ink) for ink in sheet.inks if ink.text.strip()),
        )
        for number, sheet in enumerate(sheets, 1)
    )


def _block(ink: Ink) -> PageBlock:
    width = load_face(ink.face, ink.pixels).getlength(ink.text)
    box = Rect(round(ink.x), round(ink.y - ink.pixels), round(ink.x + width), round(ink.y + 0.3 * ink.pixels))
    words = tuple(Word(text=text, box=box, confidence=1) for text in ink.text.split())
    return PageBlock(lines=(Line(words=words, box=box, confidence=1),), box=box)
