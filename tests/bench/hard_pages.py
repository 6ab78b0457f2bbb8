"""Makes hard pages with their ground truth: worn, bent and badly copied paper, tables, forms and lists.

Everything is from ``samples``, so these pages can be measured without pages from elsewhere. They are of the kinds that
archives have, not of the paper of any of them; faces and words are partly those that the models were trained with.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from samples.age import Wear, age
from samples.faces import load_face
from samples.hand import put, signature
from samples.papers_km import Type, complaint, judgment
from samples.papers_latin import record_fr
from samples.typeset import Block, Ink, Pixels, Rule, Sheet, break_lines, draw, lay_out
from samples.words import draw_facts, khmer_digits

_DPI = 300
_WIDTH, _HEIGHT = 2480, 3508
_FACE, _TYPED = "Khmer OS Content", "Liberation Mono"
_SIZE = 11.0
_MARGIN = 260
_PAD = 18

_NAMES = ("សុខ ចាន់ថា", "កែវ បូរិន", "ម៉ៅ ស៊ីថា", "ព្រំ សុភា", "ឡុង រតនា", "យឹម ស្រីមុំ", "ហេង វណ្ណា", "នួន សារ៉េត", "ចាន់ ដារា", "អ៊ុំ ពិសី")
_PLACES = ("កំពង់ចាម", "បាត់ដំបង", "តាកែវ", "សៀមរាប", "ព្រៃវែង", "កំពត", "កណ្តាល", "ស្វាយរៀង", "ពោធិ៍សាត់", "ក្រចេះ")
_DEEDS = (
    "លួចទ្រព្យសម្បត្តិ|របស់អ្នកដទៃ|នៅពេលយប់",
    "បំផ្លាញទ្រព្យ|សម្បត្តិ|ដោយចេតនា",
    "រំលោភ|លើទំនុកចិត្ត",
    "ក្លែងបន្លំ|លិខិតសាធារណៈ |និងប្រើប្រាស់|លិខិតក្លែង",
    "ហិង្សា|ដោយចេតនា",
)
_LABELS = (
    ("នាមត្រកូល", "Nom", "SOK"),
    ("នាមខ្លួន", "Prénoms", "Chan Tha"),
    ("ភេទ", "Sexe", "masculin"),
    ("ថ្ងៃខែឆ្នាំកំណើត", "Date de naissance", "12 mars 1934"),
    ("ទីកំណើត", "Lieu de naissance", "Kampot, srok de Chhuk"),
    ("មុខរបរ", "Profession", "instituteur"),
    ("ទីលំនៅ", "Domicile", "27, rue Ohier, Phnom-Penh"),
    ("សញ្ជាតិ", "Nationalité", "cambodgienne"),
    ("តុលាការ", "Tribunal", "Première instance de Takeo"),
    ("ទោស", "Peine prononcée", "8 mois d'emprisonnement"),
)
_ITEMS = (
    "ពិនិត្យ|បញ្ជីឈ្មោះ|អ្នកបោះឆ្នោត |និងផ្សព្វផ្សាយ|ជាសាធារណៈ|នៅតាមឃុំ|សង្កាត់|ទាំងអស់ |មុនថ្ងៃ|បោះឆ្នោត|យ៉ាងតិច|សាមសិបថ្ងៃ",
    "រៀបចំ|ការិយាល័យ|បោះឆ្នោត",
    "ទទួល|និងដោះស្រាយ|បណ្តឹង|តវ៉ា|តាមនីតិវិធី|ដែលមាន|ចែងក្នុងច្បាប់|នេះ |ហើយរាយការណ៍|ជូនគណៈកម្មាធិការ|ថ្នាក់ជាតិ",
    "រក្សាទុក|ឯកសារ|ទាំងអស់",
    "ធ្វើការងារ|ផ្សេងទៀត|តាមការណែនាំ",
)


def make(folder: Path) -> None:
    """Write one page of each kind into a new folder: ``NN-kind.png`` and its ground truth, one printed line a line.

    Tabs part the cells of a row.
    """
    folder.mkdir(parents=True)
    for number, (kind, maker) in enumerate(_KINDS.items()):
        pixels, lines = maker(np.random.default_rng(number))
        name = f"{number:02}-{kind}"
        picture = Image.fromarray(pixels)
        (picture.convert("1") if kind == "smudged" else picture).save(folder / f"{name}.png", dpi=(_DPI, _DPI))
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")


_Made = tuple[Pixels, list[str]]


def _paper(rng: np.random.Generator, size: float = _SIZE, *, latin: bool = False) -> _Made:
    """Return a clean page of running text."""
    facts = draw_facts(rng, 1964 if latin else 2003)
    blocks: list[Block] = (
        record_fr(facts) if latin else [complaint, judgment][int(rng.integers(2))](facts, Type(_FACE, size))
    )
    sheet = lay_out(blocks, _DPI)[0]
    return draw(sheet), list(sheet.lines)


def _worn(made: _Made, rng: np.random.Generator, strength: float = 1.0) -> _Made:
    return age(made[0], rng, wear=Wear(strength, 1.0)), made[1]


def _uneven(rng: np.random.Generator) -> _Made:
    """A worn ribbon: whole words are half as dark as others."""
    pixels, lines = _paper(rng, latin=True)
    return _worn((_faded(pixels, rng, 14, 0.3), lines), rng)


def _carbon(rng: np.random.Generator) -> _Made:
    """A carbon copy: soft, pale and grainy."""
    pixels, lines = _paper(rng, latin=True)
    soft = np.asarray(cv2.GaussianBlur(_faded(pixels, rng, 30, 0.55), (0, 0), 2.2), np.float32)
    grain = cv2.GaussianBlur(rng.standard_normal(pixels.shape, np.float32), (0, 0), 1.2) * 30
    pale = np.clip(110 + 0.57 * soft + grain * (soft < 250), 0, 255)
    return _worn((np.asarray(pale, np.uint8), lines), rng, 0.6)


def _faded(pixels: Pixels, rng: np.random.Generator, cells: int, least: float) -> Pixels:
    """Make ink lighter in blots, ``cells`` of them across the page, down to a share of its strength."""
    height, width = pixels.shape
    small = rng.random((cells, cells), np.float32)
    cover = least + (1 - least) * np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    return np.asarray(np.clip(255 - (255 - pixels.astype(np.float32)) * cover, 0, 255), np.uint8)


def _through(rng: np.random.Generator) -> _Made:
    """The print of the other side shows through strongly."""
    pixels, lines = _paper(rng)
    back, _ = _paper(rng)
    return age(
        pixels, rng, wear=Wear(1.0, 1.0), back=np.clip(255 - 2.2 * (255.0 - back), 0, 255).astype(np.uint8)
    ), lines


def _curved(rng: np.random.Generator) -> _Made:
    """The lines of an open book: they sink towards the spine."""
    pixels, lines = _paper(rng)
    height, width = pixels.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    sunk = 70 * np.exp(-x / 420) + 14 * np.sin(x / 400)
    bent = cv2.remap(pixels, x, y - sunk.astype(np.float32), cv2.INTER_LINEAR, borderValue=(255,))
    return _worn((np.asarray(bent, np.uint8), lines), rng)


def _leaning(rng: np.random.Generator) -> _Made:
    """A sheet that was fed ten degrees askew."""
    pixels, lines = _worn(_paper(rng), rng)
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 10, 0.85)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderValue=(225,)), np.uint8), lines


def _sealed(rng: np.random.Generator) -> _Made:
    """Grey seals and a signature over the text."""
    pixels, lines = _paper(rng)
    for _ in range(2):
        pixels = np.minimum(pixels, age(np.full_like(pixels, 255), rng, wear=Wear(0.01, 0.0, seal=True)))
    put(pixels, signature(60, rng), int(rng.integers(600, 1400)), int(rng.integers(1600, 2400)))
    return _worn((pixels, lines), rng)


def _small(rng: np.random.Generator) -> _Made:
    """Notes of seven points."""
    return _worn(_paper(rng, 7.0), rng, 0.7)


def _smudged(rng: np.random.Generator) -> _Made:
    """A copy of a copy, black and white: strokes run together."""
    pixels, lines = _worn(_paper(rng), rng)
    soft = cv2.GaussianBlur(cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), (0, 0), 1.3)
    copy = np.where(soft < 0.82 * np.median(soft), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(copy, pixels.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8), lines


def _grid(
    rows: list[list[str]],
    shares: list[float],
    *,
    across: int = 3,
    down: int = 3,
    right: bool = False,
    size: float = _SIZE,
    apart: float = 1.0,
) -> _Made:
    """Set a table.

    Args:
        rows: The texts of its cells; those that are too long for their column are wrapped.
        shares: How the width is divided among the columns.
        across: Thickness of the rules between rows in pixels; 0 for none.
        down: The same for the rules between columns.
        right: Whether all columns but the first are flush right.
        size: Size of the letters in points.
        apart: Height of a row, as a multiple of the face's own.
    """
    width = _WIDTH - 2 * _MARGIN
    font = load_face(_FACE, size * _DPI / 72)
    pixels = size * _DPI / 72
    ascent, descent = font.getmetrics()
    pitch = round((ascent + descent) * apart)
    edges = [_MARGIN + width * sum(shares[:n]) / sum(shares) for n in range(len(shares) + 1)]
    inks: list[Ink] = []
    rules: list[Rule] = []
    lines: list[str] = []
    top = _MARGIN
    for row in rows:
        cells = [
            break_lines(cell, font, end - start - 2 * _PAD)
            for cell, start, end in zip(row, edges, edges[1:], strict=False)
        ]
        for column, cell in enumerate(cells):
            for number, line in enumerate(cell):
                spare = edges[column + 1] - edges[column] - 2 * _PAD - font.getlength(line)
                x = edges[column] + _PAD + (spare if right and column else 0)
                inks.append(Ink(round(x), top + ascent + number * pitch, line, _FACE, pixels))
        bottom = top + pitch * max(len(cell) for cell in cells) + 4
        lines.append("\t".join(" ".join(cell) for cell in cells if any(cell)))
        if across:
            rules.append(Rule(_MARGIN, bottom, _MARGIN + width, bottom + across - 1))
        if down:
            rules += [Rule(edge, top, edge + down - 1, bottom) for edge in edges]
        top = bottom + across
    if across:
        rules.append(Rule(_MARGIN, _MARGIN - across, _MARGIN + width, _MARGIN - 1))
    return draw(Sheet(_WIDTH, _HEIGHT, _DPI, tuple(inks), tuple(rules), tuple(lines))), lines


def _sums(rng: np.random.Generator, count: int) -> list[str]:
    return [f"{int(rng.integers(1_000, 99_999)):,}".replace(",", ".") for _ in range(count)]


def _budget(rng: np.random.Generator, rows: int, columns: int, places: tuple[str, ...] = _PLACES) -> list[list[str]]:
    """Return a table of places and sums, in the digits of either script."""
    turned = khmer_digits if rng.random() < 0.5 else str
    return [[places[n % len(places)], *(turned(one) for one in _sums(rng, columns))] for n in range(rows)]


def _large(rng: np.random.Generator) -> _Made:
    """Twenty-five rows of ten columns, ruled, in small print."""
    return _worn(_grid(_budget(rng, 25, 9), [1.6] + [1.2] * 9, right=True, size=7.0, apart=1.1), rng)


def _thin(rng: np.random.Generator) -> _Made:
    """Thin rules, broken by a copier."""
    pixels, lines = _grid(_budget(rng, 20, 6), [2.0] + [1.3] * 6, right=True, across=2, down=1)
    height, width = pixels.shape
    lost = cv2.resize(
        rng.random((height // 40, width // 40), np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    thin = cv2.erode(np.asarray(255 - pixels, np.uint8), np.ones((3, 3), np.uint8)) == 0
    return _worn((np.where(thin & (lost > 0.6), 255, pixels).astype(np.uint8), lines), rng)


def _bare(rng: np.random.Generator) -> _Made:
    """A table without any rules."""
    return _worn(_grid(_budget(rng, 22, 4), [2.4, 1.2, 1.2, 1.2, 1.2], right=True, across=0, down=0, apart=1.1), rng)


def _wrapped(rng: np.random.Generator) -> _Made:
    """A ruled list of people, in which long cells continue below."""
    rows = [
        [khmer_digits(str(n + 1)), _NAMES[n], khmer_digits(str(20 + 3 * n)), _DEEDS[n % 5], _PLACES[n]]
        for n in range(10)
    ]
    return _worn(_grid([["ល.រ", "គោត្តនាម នាម", "អាយុ", "បទចោទ", "ខេត្ត"], *rows], [0.5, 1.5, 0.6, 1.8, 1.2]), rng)


def _ledger(rng: np.random.Generator) -> _Made:
    """An account with rules only between its columns."""
    return _worn(_grid(_budget(rng, 18, 2, _NAMES), [2.4, 1.1, 1.1], across=0, right=True, apart=1.1), rng)


def _typed_form(rng: np.random.Generator) -> _Made:
    """A form with labels of two lines, and what was typed between them, on a rule or on dots."""
    sheet = np.full((_HEIGHT, _WIDTH), 255, np.uint8)
    inks: list[Ink] = []
    rules: list[Rule] = []
    lines: list[str] = []
    for number, (label, french, value) in enumerate(_LABELS):
        top = _MARGIN + 100 + 190 * number
        inks += [
            Ink(_MARGIN, top, label, _FACE, 46),
            Ink(_MARGIN, top + 58, french, "Liberation Serif", 36),
            Ink(_MARGIN + 620, top + 30 + int(rng.integers(-8, 8)), value, _TYPED, 46),
        ]
        rules.append(Rule(_MARGIN + 590, top + 44, _WIDTH - _MARGIN, top + 46))
        lines.append(f"{label} {french}\t{value}")
    sheet = draw(Sheet(_WIDTH, _HEIGHT, _DPI, tuple(inks), tuple(rules), tuple(lines)))
    return _worn((sheet, lines), rng)


def _list(rng: np.random.Generator) -> _Made:
    """A numbered list whose text is set in from its numbers."""
    font = load_face(_FACE, 46)
    inks: list[Ink] = []
    lines: list[str] = []
    top = _MARGIN + 100
    for number in range(14):
        label = khmer_digits(str(number + 1)) + "-"
        inks.append(Ink(_MARGIN, top, label, _FACE, 46))
        for place, line in enumerate(break_lines(_ITEMS[int(rng.integers(5))], font, _WIDTH - 2 * _MARGIN - 160)):
            inks.append(Ink(_MARGIN + 160, top, line, _FACE, 46))
            lines.append(line if place else f"{label}\t{line}")
            top += 88
    return _worn((draw(Sheet(_WIDTH, _HEIGHT, _DPI, tuple(inks), (), tuple(lines))), lines), rng)


_KINDS: dict[str, Callable[[np.random.Generator], _Made]] = {
    "uneven": _uneven,
    "carbon": _carbon,
    "through": _through,
    "curved": _curved,
    "leaning": _leaning,
    "sealed": _sealed,
    "small": _small,
    "smudged": _smudged,
    "large": _large,
    "thin": _thin,
    "bare": _bare,
    "wrapped": _wrapped,
    "ledger": _ledger,
    "form": _typed_form,
    "list": _list,
}
