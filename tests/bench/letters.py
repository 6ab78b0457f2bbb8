# lists of words and faces read better packed
"""How many of the letters that Debian's models lack are read correctly, on pages in faces unknown to them."""

import re
from collections import Counter
from dataclasses import dataclass, field

import edlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from config.settings import load
from models.page import Line
from models.settings import PageSettings
from pipeline.page.picture import Picture, Pixels
from pipeline.page.read import read_picture
from samples.age import Wear, age
from samples.faces import FONTS
from tests.bench.scoring import Rate, edits_within, fold

LETTERS = "ឪឮឫឍឦឭ៛"
_FACES = (
    "truetype/khmeros/KhmerOScontent.ttf", "opentype/mondulkiri/Busra-R.ttf", "opentype/mondulkiri/Busra-B.ttf",
    "truetype/khmeros/KhmerOScontent.ttf",
)  # fmt: skip
_DPI = 300
_LINES = (
    "ឪពុកឈ្មោះ សុខ ចាន់ អាយុ ៥២ ឆ្នាំ មុខរបរធ្វើស្រែ", "ឪពុកម្តាយរបស់ជនរងគ្រោះរស់នៅភូមិជាមួយគ្នា",
    "សាក្សីបានឮសំឡេងស្រែកនៅពេលយប់", "ខ្ញុំមិនបានឮអ្វីទេ ចម្លើយរបស់សាក្សី", "ឫស្សីដែលដុះនៅខាងក្រោយផ្ទះ",
    "ដើមឈើមានឫសជ្រៅ នៅជិតព្រំដី", "គម្រោងអភិវឌ្ឍន៍ជនបទ ឆ្នាំ ១៩៩៨", "ការអភិវឌ្ឍសេដ្ឋកិច្ចនៃខេត្ត",
    "ដីនៅទិសឦសាននៃវត្ត ប្រវែង ៤០ ម៉ែត្រ", "ភាគឦសាននៃប្រទេស", "សូមរំឭកថា កាលពីថ្ងៃទី ១២ ខែ មីនា",
    "លិខិតរំឭកលេខ ២១៤ ចុះថ្ងៃទី ៩", "ប្រាក់ចំនួន ២៥០.០០០ ៛ បានបង់រួច", "តម្លៃ ១២០០៛ ក្នុងមួយគីឡូ",
    "ឪពុកធំរបស់ចុងចោទនៅភូមិនោះ", "ឫទ្ធិអំណាចនិងឫកពារបស់មេភូមិ", "គាត់ស្តាប់ឮពាក្យនេះពីអ្នកជិតខាង",
    "ឪពុកក្មេកបានរំឭករឿងនេះម្តងទៀត", "ពិន័យជាប្រាក់ ៥០.០០០ ៛ តាមច្បាប់", "វឌ្ឍនភាពនៃការស៊ើបអង្កេត",
)  # fmt: skip
"""Lines as case files have them, one or more of the letters in most; many of the words are trained on."""


@dataclass
class _Found:
    """The results of one model: errors of all lines, correct letters, letters where there are none."""

    rate: Rate = field(default_factory=Rate)
    right: Counter[str] = field(default_factory=Counter)
    read: int = 0


def measure() -> None:
    """Measure Debian's models alone and with this project's own, and print the results."""
    settings = load().page
    pages = [_page(face, seed) for seed, face in enumerate(_FACES)]
    wanted = Counter("".join(line for _, lines in pages for line in lines))
    found = {
        "Debian's alone": _read(pages, settings.model_copy(update={"first_languages": "Khmer"})),
        "with our own": _read(pages, settings.model_copy(update={"first_languages": "bannasar"})),
    }
    table = Table("", *found, box=None, header_style="bold")
    for letter in LETTERS:
        table.add_row(f"{letter} right, of {wanted[letter]}", *(str(one.right[letter]) for one in found.values()))
    total = sum(wanted[letter] for letter in LETTERS)
    table.add_row("all right", *(f"{one.right.total() / total:.3f}" for one in found.values()))
    table.add_row("read where none is", *(str(one.read - one.right.total()) for one in found.values()))
    table.add_row("errors of these lines", *(f"{one.rate.share:.4f}" for one in found.values()))
    Console().print(table)


def _page(face: str, seed: int) -> tuple[Picture, list[str]]:
    """Set the lines in a face, in an order that the seed decides, and age the page."""
    rng = np.random.default_rng(seed)
    lines = [_LINES[number] for number in rng.permutation(len(_LINES))]
    font = ImageFont.truetype(str(FONTS / face), 12 * _DPI / 72)
    ascent, descent = font.getmetrics()
    pitch = round(1.05 * (ascent + descent))
    sheet = Image.new("L", (round(7.5 * _DPI), pitch * len(lines) + _DPI), 255)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        pen.text((_DPI // 2, _DPI // 2 + number * pitch), line, fill=0, font=font)
    worn: Pixels = age(np.asarray(sheet), rng, wear=Wear(1.0, 1.5, fold=seed % 2 == 0, white=seed == 1))
    return Picture(worn, _DPI), lines


def _read(pages: list[tuple[Picture, list[str]]], settings: PageSettings) -> _Found:
    found = _Found()
    for picture, lines in pages:
        reading = read_picture(picture, settings, 300)
        text = fold("\n".join(_text(line) for block in reading.blocks for line in block.lines))
        found.read += sum(text.count(letter) for letter in LETTERS)
        for line in map(fold, lines):
            found.rate.edits += edits_within(line, text)
            found.rate.characters += len(line)
            found.right.update(letter for letter in _same(line, text) if letter in LETTERS)
    return found


def _text(line: Line) -> str:
    return " ".join(word.text for word in line.words)


def _same(line: str, text: str) -> list[str]:
    """Return the characters of a line that are in their place where the line is found in a text."""
    plain = "".join(character if character in line else "\0" for character in text)
    path = str(edlib.align(line, plain, mode="HW", task="path")["cigar"])
    same: list[str] = []
    at = 0
    for count, step in re.findall(r"(\d+)([=XID])", path):
        if step == "=":
            same += line[at : at + int(count)]
        at += int(count) if step != "D" else 0
    return same
