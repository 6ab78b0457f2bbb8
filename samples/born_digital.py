"""A born-digital PDF: outlines, with correct Unicode for every one of them.

HarfBuzz shapes each line; each of its clusters becomes one glyph of a Type 3 font (ISO 32000-1, 9.6.5) whose ToUnicode
map (9.10.3) holds the cluster's text in logical order. So every program that reads the PDF gets the Khmer text as it
was written.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pikepdf
import uharfbuzz as hb
from pikepdf import Array, Dictionary, Name

from samples.faces import face_file
from samples.typeset import Ink, Sheet

_UNITS = 1000
_CODES = 255  # a Type 3 font has one byte a glyph; 0 stays unused


class _Outline:
    """A pen, as HarfBuzz draws with, that writes PDF path operators."""

    def __init__(self, scale: float) -> None:
        self.operators: list[str] = []
        self._scale = scale
        self._shift = (0.0, 0.0)
        self._at = (0.0, 0.0)

    def shift(self, x: float, y: float) -> None:
        self._shift = (x, y)

    def moveTo(self, to: tuple[float, float]) -> None:  # noqa: N802 (HarfBuzz's pens have these names)
        self._write("m", to)

    def lineTo(self, to: tuple[float, float]) -> None:  # noqa: N802
        self._write("l", to)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._write("c", *points)

    def qCurveTo(self, control: tuple[float, float], to: tuple[float, float]) -> None:  # noqa: N802
        # A quadratic curve as a cubic one: its controls are two thirds of the way to the quadratic's.
        start, end = (
            (near[0] + (control[0] - near[0]) * 2 / 3, near[1] + (control[1] - near[1]) * 2 / 3)
            for near in (self._at, to)
        )
        self._write("c", start, end, to)

    def closePath(self) -> None:  # noqa: N802
        self.operators.append("h")

    def _write(self, operator: str, *points: tuple[float, float]) -> None:
        self._at = points[-1]
        placed = ((c + s) * self._scale for point in points for c, s in zip(point, self._shift, strict=True))
        self.operators.append(" ".join(f"{number:.1f}" for number in placed) + f" {operator}")


class _Glyph(NamedTuple):
    """A cluster as it is printed: its text, its width in thousandths of an em, and its outline."""

    text: str
    advance: float
    outline: str


class _Fonts:
    """The Type 3 fonts of one PDF; a line uses one font only, because some readers lose a space between two."""

    def __init__(self) -> None:
        self._fonts: list[dict[_Glyph, int]] = []

    def codes(self, line: list[_Glyph]) -> tuple[int, bytes]:
        """Return the number of the font that holds a line's glyphs, which are added if new, and their codes in it."""
        number = next((n for n, font in enumerate(self._fonts) if len(font.keys() | set(line)) <= _CODES), None)
        if number is None:
            number = len(self._fonts)
            self._fonts.append({})
        font = self._fonts[number]
        return number, bytes(font.setdefault(glyph, len(font) + 1) for glyph in line)

    def write(self, pdf: pikepdf.Pdf) -> Dictionary:
        """Return the fonts as a resource dictionary, named /F0, /F1 and so on."""
        return Dictionary({f"/F{n}": self._font(pdf, list(font)) for n, font in enumerate(self._fonts)})

    @staticmethod
    def _font(pdf: pikepdf.Pdf, glyphs: list[_Glyph]) -> pikepdf.Object:
        procedures = {
            f"/g{code}": pdf.make_stream(f"{glyph.advance:.1f} 0 d0 {glyph.outline}".encode())
            for code, glyph in enumerate(glyphs, 1)
        }
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type3,
                FontBBox=Array([0, 0, 0, 0]),
                FontMatrix=Array([1 / _UNITS, 0, 0, 1 / _UNITS, 0, 0]),
                CharProcs=Dictionary(procedures),
                Encoding=Dictionary(Type=Name.Encoding, Differences=Array([1, *(Name(name) for name in procedures)])),
                FirstChar=1,
                LastChar=len(glyphs),
                Widths=Array([round(glyph.advance, 1) for glyph in glyphs]),
                Resources=Dictionary(),
                ToUnicode=pdf.make_stream(_to_unicode([glyph.text for glyph in glyphs])),
            )
        )


def write_born_digital(sheets: list[Sheet], path: Path, title: str) -> None:
    """Write sheets as a PDF of outlines and Unicode; the same sheets give the same bytes."""
    pdf = pikepdf.new()
    fonts = _Fonts()
    contents = [_page_content(sheet, fonts) for sheet in sheets]
    resources = pdf.make_indirect(Dictionary(Font=fonts.write(pdf)))
    for sheet, content in zip(sheets, contents, strict=True):
        size = [round(side * 72 / sheet.dpi, 2) for side in (sheet.width, sheet.height)]
        pdf.pages.append(
            pikepdf.Page(
                pdf.make_indirect(
                    Dictionary(
                        Type=Name.Page,
                        MediaBox=Array([0, 0, *size]),
                        Resources=resources,
                        Contents=pdf.make_stream(content),
                    )
                )
            )
        )
    pdf.docinfo["/Title"] = title
    pdf.save(path, deterministic_id=True, compress_streams=True)


def _page_content(sheet: Sheet, fonts: _Fonts) -> bytes:
    point = 72 / sheet.dpi
    lines: list[str] = []
    for rule in sheet.rules:
        left, top = rule.left * point, (sheet.height - rule.bottom) * point
        width, height = (rule.right - rule.left) * point, (rule.bottom - rule.top) * point
        lines.append(f"{left:.2f} {top:.2f} {width:.2f} {height:.2f} re f")
    for ink in sheet.inks:
        font, codes = fonts.codes(_shaped(ink))
        x, y = ink.x * point, (sheet.height - ink.y) * point
        lines.append(f"BT /F{font} {ink.pixels * point:.2f} Tf {x:.2f} {y:.2f} Td <{codes.hex()}> Tj ET")
    return "\n".join(lines).encode()


def _shaped(ink: Ink) -> list[_Glyph]:
    face = _hb_font(ink.face)
    scale = _UNITS / face.face.upem
    buffer = hb.Buffer()
    buffer.add_str(ink.text)
    buffer.guess_segment_properties()
    hb.shape(face, buffer)
    glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    starts = sorted({info.cluster for info, _ in glyphs})
    line = []
    for start, end in zip(starts, [*starts[1:], len(ink.text)], strict=True):
        pen = _Outline(scale)
        advance = 0
        for info, position in glyphs:
            if info.cluster == start:
                pen.shift(advance + position.x_offset, position.y_offset)
                face.draw_glyph_with_pen(info.codepoint, pen)
                advance += position.x_advance
        outline = " ".join([*pen.operators, "f"]) if pen.operators else ""
        line.append(_Glyph(ink.text[start:end], advance * scale, outline))
    return line


@cache
def _hb_font(face: str) -> hb.Font:
    return hb.Font(hb.Face(hb.Blob.from_file_path(str(face_file(face)))))


def _to_unicode(texts: list[str]) -> bytes:
    """Return the CMap that gives each code its text; 100 entries a section at most (Adobe Technical Note 5014)."""
    entries = [f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in enumerate(texts, 1)]
    sections = [entries[n : n + 100] for n in range(0, len(entries), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CMapName /Samples def /CMapType 2 def",
            "1 begincodespacerange <00> <ff> endcodespacerange",
            *(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode()
