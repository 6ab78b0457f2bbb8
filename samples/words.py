"""Invented people, places and facts, chosen at random; the titles and courts are as on real papers."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np

# Family and given names in Khmer and in Latin letters. They are combined at random: nobody is meant.
FAMILIES = (
    ("កែវ", "Keo"), ("ណុប", "Nop"), ("ទេព", "Tep"), ("ម៉ៅ", "Mao"), ("ឈឹម", "Chhim"),
    ("ប៉ែន", "Pen"), ("យឹម", "Yim"), ("អ៊ុក", "Ouk"), ("សេក", "Sek"), ("ទូច", "Touch"),
)  # fmt: skip
GIVEN = (
    ("ចាន់ដារិន", "Chandarin"), ("ពិសិដ្ឋា", "Pisittha"), ("រតនាវី", "Ratanavi"), ("វាសនាពេជ្រ", "Veasnapich"),
    ("កល្យាណមុនី", "Kalyanmuny"), ("មករាវុធ", "Makaravuth"), ("ស្រីម៉ុម", "Sreymom"), ("គន្ធាបុប្ផា", "Kunthabopha"),
    ("សំណាងរិទ្ធ", "Samnangrith"), ("ធារីនាថ", "Thearynath"),
)  # fmt: skip

# Invented villages and communes, in real provinces.
VILLAGES = (
    ("ភូមិត្រពាំងស្វាយទឹម", "Trapeang Svay Tim"), ("ភូមិព្រែកដូងទាប", "Prek Daung Teap"),
    ("ភូមិអូរឬស្សីក្រោយ", "O Russey Kraoy"), ("ភូមិស្ទឹងក្រូចធំ", "Stung Krauch Thom"),
)  # fmt: skip
_COMMUNES = (
    ("ឃុំព្រៃរំចេកលិច", "Prey Rumchek Lech"), ("ឃុំកោះត្នោតតូច", "Koh Tnaot Toch"), ("ឃុំបឹងចំណារ", "Boeung Chamnar"),
)  # fmt: skip
PROVINCES = (
    ("ខេត្តកំពត", "Kampot"), ("ខេត្តតាកែវ", "Takéo"), ("ខេត្តបាត់ដំបង", "Battambang"), ("ខេត្តពោធិ៍សាត់", "Pursat"),
)  # fmt: skip

_OFFENCES = (("លួច", "vol simple"), ("លួចមានស្ថានទម្ងន់ទោស", "vol qualifié"))

_MONTHS_KM = (
    "មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ",
)  # fmt: skip
_MONTHS_FR = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that the papers of one case file share. ``_fr`` is the same in Latin letters."""

    accused: str
    accused_fr: str
    victim: str
    victim_fr: str
    witness: str
    witness_fr: str
    judge: str
    judge_fr: str
    clerk: str
    clerk_fr: str
    officer: str
    officer_fr: str
    home: str
    village: str
    village_fr: str
    commune_fr: str
    province: str
    province_fr: str
    offence: str
    offence_fr: str
    number: str
    number_fr: str
    age: str
    age_fr: str
    amount: str
    amount_fr: str
    deed: str
    deed_fr: str
    deed_en: str
    heard: str
    heard_fr: str
    judged: str
    judged_fr: str
    judged_en: str

    def fill(self, template: str) -> str:
        """Return a template with its ``{slots}`` filled."""
        return template.format_map(asdict(self))


def draw_facts(rng: np.random.Generator, year: int) -> Facts:
    """Choose the facts of a case whose offence was in the given year."""
    families = rng.permutation(len(FAMILIES))
    given = rng.permutation(len(GIVEN))
    people = {
        role: (f"{FAMILIES[f][0]} {GIVEN[g][0]}", f"{FAMILIES[f][1]} {GIVEN[g][1]}")
        for role, f, g in zip(
            ("accused", "victim", "witness", "judge", "clerk", "officer"), families, given, strict=False
        )
    }
    village, commune, province = (places[rng.integers(len(places))] for places in (VILLAGES, _COMMUNES, PROVINCES))
    offence = _OFFENCES[rng.integers(len(_OFFENCES))]
    deed = date(year, 1, 1) + timedelta(days=int(rng.integers(300)))
    heard = deed + timedelta(days=int(rng.integers(5, 40)))
    judged = heard + timedelta(days=int(rng.integers(60, 200)))
    number, age, amount = int(rng.integers(20, 900)), int(rng.integers(19, 60)), int(rng.integers(11, 99)) * 10_000
    return Facts(
        **{role: names[0] for role, names in people.items()},
        **{f"{role}_fr": names[1] for role, names in people.items()},
        home=f"{village[0]} {commune[0]} {province[0]}",
        village=village[0],
        village_fr=village[1],
        commune_fr=commune[1],
        province=province[0],
        province_fr=province[1],
        offence=offence[0],
        offence_fr=offence[1],
        number=khmer_digits(f"{number}/{year % 100:02}"),
        number_fr=f"{number}/{year % 100:02}",
        age=khmer_digits(str(age)),
        age_fr=str(age),
        amount=khmer_digits(f"{amount:,}".replace(",", ".")),
        amount_fr=f"{amount:,}".replace(",", "."),
        deed=date_km(deed),
        deed_fr=date_fr(deed),
        deed_en=date_en(deed),
        heard=date_km(heard),
        heard_fr=date_fr(heard),
        judged=date_km(judged),
        judged_fr=date_fr(judged),
        judged_en=date_en(judged),
    )


def khmer_digits(text: str) -> str:
    """Return text with its ASCII digits as Khmer ones."""
    return text.translate({ord("0") + n: chr(0x17E0 + n) for n in range(10)})


def date_km(day: date) -> str:
    """Return a date as Khmer papers write it."""
    return khmer_digits(f"ថ្ងៃទី{day.day:02} ខែ{_MONTHS_KM[day.month - 1]} ឆ្នាំ{day.year}")


def date_fr(day: date) -> str:
    """Return a date as French papers write it."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS_FR[day.month - 1]} {day.year}"


def date_en(day: date) -> str:
    """Return a date as English papers write it."""
    return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
