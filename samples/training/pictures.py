# ruff: noqa: E501  # lists of words and faces read better packed
"""Pictures of single lines: pages set in many faces, aged, and cut into lines by the same steps that read pages."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.page.layout import laid_out
from pipeline.page.picture import Picture
from pipeline.page.prepare import prepare
from pipeline.page.prepared_page import LinePicture, PreparedPage
from samples.age import Wear, age
from samples.faces import FONTS
from samples.training.texts import Writer

Pixels = NDArray[np.uint8]

LETTER = 23.0
"""Pixels of a letter's height in the pictures: as ``pipeline.page.read`` gives them to the recogniser."""

_MARGIN = 8
"""White pixels round the line in those pictures, of which Tesseract cuts off those outside its own estimate of the row."""

_READING_DPI = 300.0

KHMER_FACES: dict[str, float] = {
    "truetype/khmeros/KhmerOS.ttf": 2, "truetype/khmeros/KhmerOSsys.ttf": 1, "truetype/khmeros/KhmerOSbattambang.ttf": 2,
    "truetype/khmeros/KhmerOSsiemreap.ttf": 2, "truetype/khmeros/KhmerOScontent.ttf": 1.5,
    "truetype/khmeros/KhmerOSbokor.ttf": 1.5, "truetype/khmeros/KhmerOSmetalchrieng.ttf": 2,
    "truetype/khmeros/KhmerOSmuol.ttf": 1, "truetype/khmeros/KhmerOSmuollight.ttf": 2,
    "truetype/khmeros/KhmerOSmuolpali.ttf": 0.5, "truetype/khmeros/KhmerOSfreehand.ttf": 1,
    "truetype/khmeros/KhmerOSfasthand.ttf": 0.7, "truetype/noto/NotoSansKhmer-Regular.ttf": 1.5,
    "truetype/noto/NotoSansKhmer-Bold.ttf": 0.7, "truetype/noto/NotoSerifKhmer-Regular.ttf": 1.5,
    "truetype/noto/NotoSerifKhmer-Bold.ttf": 0.7, "opentype/mondulkiri/Mondulkiri-R.ttf": 1.5,
    "opentype/mondulkiri/Mondulkiri-B.ttf": 0.7, "opentype/mondulkiri/Mondulkiri-I.ttf": 0.3,
    "opentype/mondulkiri/Busra-R.ttf": 1.5, "opentype/mondulkiri/Busra-B.ttf": 0.7, "opentype/mondulkiri/Busra-I.ttf": 0.3,
    "truetype/mondulkiri/Mo5V56MO.ttf": 0.5, "truetype/mondulkiri/Mo5V56dc.ttf": 0.5, "truetype/mondulkiri/Mo9V55.ttf": 0.5,
    "truetype/mondulkiri/RataV53.ttf": 0.5,
}  # fmt: skip
"""Faces by their files under the folder of fonts, and how often each is drawn."""

LATIN_FACES = (
    "truetype/liberation/LiberationMono-Regular.ttf", "truetype/liberation/LiberationMono-Bold.ttf",
    "truetype/liberation/LiberationSerif-Regular.ttf", "truetype/liberation/LiberationSerif-Bold.ttf",
    "truetype/liberation/LiberationSans-Regular.ttf", "truetype/liberation/LiberationSerif-Italic.ttf",
    "truetype/dejavu/DejaVuSerif.ttf", "truetype/dejavu/DejaVuSansMono.ttf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Printed:
    """A line on a page: its text and the box of its ink, in pixels of the page."""

    text: str
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The picture of a line, grey, and its text."""

    pixels: Pixels
    text: str
    face: str


def make_samples(
    writer: Writer, rng: np.random.Generator, faces: dict[str, float] | None = None, wear: float | None = None
) -> list[Sample]:
    """Set one page at random, age it, and return its lines as the recogniser would get them.

    Lines that the layout did not find whole are left out: their text is not known.

    Args:
        writer: Where the text comes from.
        rng: The random generator.
        faces: Files of Khmer faces under the folder of fonts and their weights.
        wear: How worn the page is, 1 being an ordinary old page; at random if not given.
    """
    faces = faces or KHMER_FACES
    weights = np.array(list(faces.values()))
    body, heading = (str(face) for face in rng.choice(list(faces), 2, p=weights / weights.sum()))
    dpi = int(rng.choice([200, 250, 300], p=[0.3, 0.25, 0.45]))
    page, printed = _set(writer, rng, body, heading, dpi)
    worn = _wear(page, rng, wear)
    prepared = laid_out(prepare(Picture(worn, dpi), _READING_DPI))
    return [Sample(pixels, text, body) for pixels, text in _cut(prepared, printed, _READING_DPI / dpi, rng)]


def _set(writer: Writer, rng: np.random.Generator, body: str, heading: str, dpi: int) -> tuple[Pixels, list[Printed]]:
    """Set lines down a page, sometimes one in the face and size of a heading."""
    width, height = round(7.4 * dpi), round(8.6 * dpi)
    edge = round(0.6 * dpi)
    points = float(rng.uniform(10, 14))
    own_latin = rng.random() < 0.5
    latin = str(rng.choice(LATIN_FACES))
    spread = float(rng.uniform(0.8, 1.1))
    bold = rng.random() < 0.08
    picture = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(picture)
    printed: list[Printed] = []
    y = float(edge)
    while True:
        head = rng.random() < 0.08
        pixels = points * dpi / 72 * (float(rng.uniform(1, 1.3)) if head else 1)
        khmer = ImageFont.truetype(str(FONTS / (heading if head else body)), pixels)
        other = (
            khmer
            if own_latin and "noto" not in body + heading
            else ImageFont.truetype(str(FONTS / latin), 0.85 * pixels)
        )
        ascent, descent = khmer.getmetrics()
        if y + ascent + descent > height - edge:
            return np.asarray(picture).copy(), printed
        start = edge + (rng.random() < 0.3) * int(rng.uniform(0, 0.3) * width)
        room = (width - edge - start) * (float(rng.uniform(0.15, 1)) if rng.random() < 0.4 else 1)
        text = writer.line(lambda some: _length(some, khmer, other) <= room)  # noqa: B023  # called before the next turn
        if _length(text, khmer, other) <= width - edge - start and text:
            printed.append(_print(pen, text, (start, round(y + ascent)), (khmer, other), bold=bold))
        y += (ascent + descent) * spread


def _runs(text: str) -> list[tuple[bool, str]]:
    """Cut a text where its script changes; characters without a script stay with the text before them."""
    runs: list[tuple[bool, str]] = []
    for character in text:
        latin = (character.isascii() and character.isalnum()) or "\u00aa" <= character < "\u0370" or character in "…№"
        khmer = "\u1780" <= character <= "\u17ff"
        if runs and (runs[-1][0] == latin or not (latin or khmer)):
            runs[-1] = (runs[-1][0], runs[-1][1] + character)
        else:
            runs.append((latin, character))
    return runs


def _length(text: str, khmer: ImageFont.FreeTypeFont, other: ImageFont.FreeTypeFont) -> float:
    if other is khmer:
        return float(khmer.getlength(text))
    return sum(float((other if latin else khmer).getlength(run)) for latin, run in _runs(text))


def _print(
    pen: ImageDraw.ImageDraw,
    text: str,
    at: tuple[int, int],
    fonts: tuple[ImageFont.FreeTypeFont, ImageFont.FreeTypeFont],
    *,
    bold: bool,
) -> Printed:
    khmer, other = fonts
    x = float(at[0])
    boxes = []
    for latin, run in [(False, text)] if other is khmer else _runs(text):
        font = other if latin else khmer
        place = (round(x), at[1])
        pen.text(place, run, fill=0, font=font, anchor="ls", stroke_width=0.6 if bold else 0)
        if run.strip():
            boxes.append(pen.textbbox(place, run, font=font, anchor="ls"))
        x += font.getlength(run)
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Printed(text, int(min(lefts)), int(min(tops)), int(max(rights)), int(max(bottoms)))


def _wear(page: Pixels, rng: np.random.Generator, strength: float | None) -> Pixels:
    """Wear a page as ``samples.age`` does, turn it one way and back like a scan that was turned upright, and compress it."""
    if strength is None:
        strength = 0.15 if rng.random() < 0.15 else float(rng.uniform(0.4, 1.5))
    wear = Wear(strength, 0.05, seal=rng.random() < 0.25, fold=rng.random() < 0.25, white=rng.random() < 0.2)
    back = np.ascontiguousarray(np.roll(page, page.shape[0] // 37, axis=0)) if rng.random() < 0.4 else None
    worn = age(page, rng, wear=wear, back=back)
    lean = float(rng.uniform(-3, 3))
    left_over = float(np.clip(rng.normal(0, 0.08), -0.3, 0.3))
    paper = float(np.median(worn[::7, ::7]))
    centre = (worn.shape[1] / 2, worn.shape[0] / 2)
    for angle, how in ((lean, cv2.INTER_LINEAR), (left_over - lean, cv2.INTER_CUBIC)):
        matrix = cv2.getRotationMatrix2D(centre, angle, 1)
        worn = cv2.warpAffine(worn, matrix, worn.shape[::-1], flags=how, borderValue=(paper,)).astype(np.uint8)
    if rng.random() < 0.8:
        packed = cv2.imencode(".jpg", worn, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])[1]
        worn = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    elif rng.random() < 0.4:
        worn = np.where(worn > cv2.threshold(worn, 0, 255, cv2.THRESH_OTSU)[0], 255, 0).astype(np.uint8)
    return worn


def _cut(
    page: PreparedPage, printed: list[Printed], scale: float, rng: np.random.Generator
) -> list[tuple[Pixels, str]]:
    """Find which printed line each line of the layout is; lines that are not exactly one are skipped."""
    found: list[tuple[Pixels, str]] = []
    used: set[int] = set()
    size = LETTER / page.letter * float(rng.uniform(0.88, 1.15))
    for line in page.lines:
        boxes = page.components.boxes[line.components]
        left, right = int(boxes[:, 0].min()) / scale, int(boxes[:, 2].max()) / scale
        middle = (line.top + line.bottom) / 2 / scale
        near = min(
            range(len(printed)), key=lambda number: abs((printed[number].top + printed[number].bottom) / 2 - middle)
        )
        truth = printed[near]
        slack = 0.012 * (truth.right - truth.left) + 0.25 * (truth.bottom - truth.top)
        whole = abs(left - truth.left) < slack and abs(right - truth.right) < slack
        if whole and near not in used and abs(truth.bottom + truth.top - 2 * middle) < 0.5 * (truth.bottom - truth.top):
            used.add(near)
            found.append((_framed(page.picture_of(line, size), rng), truth.text))
    return found


def _framed(picture: LinePicture, rng: np.random.Generator) -> Pixels:
    """Cut off some of the margin, as Tesseract does before it reads: four pixels at least stay round the ink."""
    sides = [0 if rng.random() < 0.4 else int(rng.integers(0, _MARGIN - 3)) for _ in range(2)]
    return np.ascontiguousarray(picture.pixels[sides[0] : picture.pixels.shape[0] - sides[1], 4:-4])


def font_exists(face: str) -> bool:
    """Return whether the file of a face is installed."""
    return Path(FONTS, face).is_file()
