"""A font without shapes: it marks the place of words whose shapes are in the page's picture.

Each code is a UTF-16 code unit; each glyph is half an em wide and has no area. Searching, selecting and copying use
the ``ToUnicode`` map, so that Khmer comes out in its written order, independently of any shaping.

Marks without width (Unicode's category Mn: Khmer's subscripts and most of its vowels) have almost no width here: pdf.js
gives them none in any font, and would see a space wherever a word ended before the next one begins. They need some
width, because poppler sorts letters by their left edge.
"""

import io
import itertools
import unicodedata
from collections.abc import Iterator
from functools import cache

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Stream

UNITS = 1000
ADVANCE = 500
MARK = 2
# poppler treats 0 as unknown and then marks a third of a line below the line.
_DESCENT = -1
# 1 January 1970 in TrueType's seconds since 1904.
_EPOCH = 2_082_844_800
_NAME = "/BannasarGlyphless"


def add_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Add the font to a PDF and return it (PDF 32000-1, 9.7: a composite font with the encoding Identity-H)."""
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(_NAME),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        DW=ADVANCE,
        W=pdf.make_indirect(Array([part for first, last in _MARKS for part in (first, last, MARK)])),
        FontDescriptor=_descriptor(pdf, UNITS),
        CIDToGIDMap=Stream(pdf, _glyphs()),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(_NAME),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=Stream(pdf, _to_unicode()),
    )
    return pdf.make_indirect(font)


def add_lower_font(pdf: pikepdf.Pdf, font: pikepdf.Object, height: int) -> pikepdf.Object:
    """Add the font with lower letters to a PDF and return it; a reader's mark on a found word is as high as they are.

    Args:
        pdf: the PDF.
        font: the font already in it, whose tables are used again.
        height: the height of the letters, in thousandths of the font's size.
    """
    descendant = Dictionary(dict(font.DescendantFonts[0].items()))
    descendant.FontDescriptor = _descriptor(pdf, height)
    lower = Dictionary(dict(font.items()))
    lower.DescendantFonts = Array([pdf.make_indirect(descendant)])
    return pdf.make_indirect(lower)


def _descriptor(pdf: pikepdf.Pdf, height: int) -> pikepdf.Object:
    program = _program(height)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(_NAME),
        Flags=5,  # fixed pitch, symbolic
        FontBBox=Array([0, 0, ADVANCE, height]),
        ItalicAngle=0,
        Ascent=height,
        Descent=_DESCENT,
        CapHeight=height,
        StemV=80,
        FontFile2=pdf.make_stream(program, Length1=len(program)),
    )
    return pdf.make_indirect(descriptor)


def codes(text: str) -> bytes:
    """Return the codes that show a text; characters without a code become �.

    These are the characters outside the Basic Multilingual Plane, and U+0000, whose code is the missing glyph's.
    """
    return "".join(one if 0 < ord(one) < 0x10000 else "\ufffd" for one in text).encode("utf-16-be")


def width(text: str) -> float:
    """Return the width of a text in this font, in multiples of the font size."""
    return sum(MARK if unicodedata.category(character) == "Mn" else ADVANCE for character in text) / UNITS


def _runs_of_marks() -> Iterator[tuple[int, int]]:
    """Yield the first and the last code of each run of marks without a width."""
    marks = [code for code in range(0x10000) if unicodedata.category(chr(code)) == "Mn"]
    for _, run in itertools.groupby(enumerate(marks), lambda pair: pair[1] - pair[0]):
        codes_of_run = [code for _, code in run]
        yield codes_of_run[0], codes_of_run[-1]


_MARKS = tuple(_runs_of_marks())


@cache
def _glyphs() -> bytes:
    """Return the glyph of every code: 1 or 2, because PDF/A forbids showing glyph 0, the missing glyph."""
    glyphs = bytearray(b"\x00\x01" * 0x10000)
    for first, last in _MARKS:
        for code in range(first, last + 1):
            glyphs[2 * code + 1] = 2
    return bytes(glyphs)


@cache
def _program(height: int) -> bytes:
    """Return the font program: a TrueType font of blank glyphs of a height, the last one without a width."""
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank", "mark"])
    builder.setupCharacterMap({0x20: "blank"})
    blank = _blank(height)
    builder.setupGlyf({".notdef": blank, "blank": blank, "mark": blank})
    builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0), "blank": (ADVANCE, 0), "mark": (MARK, 0)})
    builder.setupHorizontalHeader(ascent=height, descent=_DESCENT)
    builder.setupNameTable({"familyName": _NAME[1:], "styleName": "Regular", "psName": _NAME[1:]})
    builder.setupOS2(sTypoAscender=height, usWinAscent=height)
    builder.setupPost()
    builder.setupMaxp()
    # The same bytes every time: making a PDF again does not change it.
    builder.font["head"].created = builder.font["head"].modified = _EPOCH
    builder.font.recalcTimestamp = False
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()


def _blank(height: int) -> Glyph:
    """Return an invisible glyph as large as its box: one line from corner to corner.

    PDFium drops a word of one letter if its glyph has no extent.
    """
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((ADVANCE, height))
    pen.closePath()
    return pen.glyph()


@cache
def _to_unicode() -> bytes:
    """Return the map from codes to text. A range may vary only in its last byte (Adobe Technical Note 5014)."""
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    # Surrogates are not characters, so they are not in the map.
    pages = [page for page in range(256) if not 0xD8 <= page <= 0xDF]
    for begin in range(0, len(pages), 100):
        block = pages[begin : begin + 100]
        lines.append(f"{len(block)} beginbfrange")
        lines += [f"<{page:02X}00> <{page:02X}FF> <{page:02X}00>" for page in block]
        lines.append("endbfrange")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
