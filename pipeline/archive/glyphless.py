"""A font without shapes: it holds the place of words whose shapes are in the page's picture.

Each code is a UTF-16 code unit, each glyph half an em wide and without an area. Searching, selecting and copying go by
the ``ToUnicode`` map, so that Khmer comes out in the order it was put in, whatever a shaper would make of it.
"""

import io
from functools import cache

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Stream

UNITS = 1000
ADVANCE = 500
# poppler takes 0 for unknown and then marks a third of a line below the line.
_DESCENT = -1
# 1 January 1970 in the seconds since 1904 that TrueType counts.
_EPOCH = 2_082_844_800
_NAME = "/BannasarGlyphless"


def add_font(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """Add the font to a PDF and return it (PDF 32000-1, 9.7: a composite font with the encoding Identity-H)."""
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(_NAME),
        Flags=5,  # fixed pitch, symbolic
        FontBBox=Array([0, 0, ADVANCE, UNITS]),
        ItalicAngle=0,
        Ascent=UNITS,
        Descent=_DESCENT,
        CapHeight=UNITS,
        StemV=80,
        FontFile2=pdf.make_stream(_program(), Length1=len(_program())),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(_NAME),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        DW=ADVANCE,
        FontDescriptor=pdf.make_indirect(descriptor),
        # Every code shows glyph 1: PDF/A forbids showing glyph 0, which stands for a missing one.
        CIDToGIDMap=Stream(pdf, b"\x00\x01" * 65536),
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


def codes(text: str) -> bytes:
    """Return the codes that show a text; a character outside the Basic Multilingual Plane has none and becomes �."""
    return "".join(character if ord(character) < 0x10000 else "\ufffd" for character in text).encode("utf-16-be")


@cache
def _program() -> bytes:
    """Return the font program: a TrueType font of two blank glyphs."""
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({0x20: "blank"})
    blank = _blank()
    builder.setupGlyf({".notdef": blank, "blank": blank})
    builder.setupHorizontalMetrics({".notdef": (ADVANCE, 0), "blank": (ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=UNITS, descent=_DESCENT)
    builder.setupNameTable({"familyName": _NAME[1:], "styleName": "Regular", "psName": _NAME[1:]})
    builder.setupOS2(sTypoAscender=UNITS, usWinAscent=UNITS)
    builder.setupPost()
    builder.setupMaxp()
    # The same bytes in every archive: a PDF is not newer for having been made again.
    builder.font["head"].created = builder.font["head"].modified = _EPOCH
    builder.font.recalcTimestamp = False
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()


def _blank() -> Glyph:
    """Return a glyph that covers its whole box with nothing: one line from corner to corner.

    PDFium drops a word of one letter whose glyph has no extent, be it read out or not.
    """
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((ADVANCE, UNITS))
    pen.closePath()
    return pen.glyph()


@cache
def _to_unicode() -> bytes:
    """Return the map from codes to text. A range may vary in its last byte only (Adobe Technical Note 5014)."""
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
    # Surrogates are no characters, and have no place in the map.
    pages = [page for page in range(256) if not 0xD8 <= page <= 0xDF]
    for begin in range(0, len(pages), 100):
        block = pages[begin : begin + 100]
        lines.append(f"{len(block)} beginbfrange")
        lines += [f"<{page:02X}00> <{page:02X}FF> <{page:02X}00>" for page in block]
        lines.append("endbfrange")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
