"""Tells which pages of PDFs are so plain that every program draws them alike."""

import struct

import pikepdf

_UNSEEN = ("/Link", "/Popup")
_NOT_PLAIN = ("/XObject", "/Shading", "/Pattern")
_NONE, _NORMAL = pikepdf.Name("/None"), pikepdf.Name("/Normal")
_SYMBOLIC = 4
"""The flag of a font with letters of its own (ISO 32000-2, table 121)."""

_TABLES, _FIRST_TABLE, _WINDOWS = 4, 12, 3
"""Of OpenType: the places of the number of tables and of the first, and the platform of a table of letters."""


def has_annotations(page: pikepdf.Page) -> bool:
    """Whether something visible lies over a page: a note, a stamp, a filled-in form field, a signature."""
    for one in page.obj.get("/Annots", ()):
        left, bottom, right, top = (float(edge) for edge in one.get("/Rect", (0, 0, 0, 0)))
        if one.get("/Subtype") not in _UNSEEN and left != right and bottom != top:
            return True
    return False


def is_plain(page: pikepdf.Page) -> bool:
    """Whether a page has only letters of fonts that are in the PDF, and lines and areas in one colour each."""
    try:
        if has_annotations(page) or any(page.resources.get(key) for key in _NOT_PLAIN):
            return False
        if not all(map(_is_plain_state, page.resources.get("/ExtGState", pikepdf.Dictionary()).values())):
            return False
        return all(map(_is_inside, page.resources.get("/Font", pikepdf.Dictionary()).values()))
    except (pikepdf.PikepdfError, LookupError, ValueError, TypeError, AttributeError, struct.error):
        return False  # its unit and its layers are known all the same


def _is_plain_state(state: pikepdf.Object) -> bool:
    """Whether a graphics state has no transparency but an even one, and no font, which pdfium would not use."""
    masked, mixed = state.get("/SMask", _NONE) != _NONE, state.get("/BM", _NORMAL) != _NORMAL
    return not masked and not mixed and "/Font" not in state


def _is_inside(font: pikepdf.Object) -> bool:
    """Whether the letters of a font are in the PDF, and not taken from the machine, where each program finds others."""
    if font.Subtype == pikepdf.Name.Type3:
        return not any(font.get("/Resources", pikepdf.Dictionary()).get(key) for key in _NOT_PLAIN)
    if font.Subtype == pikepdf.Name.Type0:
        font = font.DescendantFonts[0]
    described = font.get("/FontDescriptor", pikepdf.Dictionary())
    if font.Subtype == pikepdf.Name.TrueType and not _is_found_alike(font, described):
        return False
    return any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def _is_found_alike(font: pikepdf.Object, described: pikepdf.Object) -> bool:
    """Whether every program finds the same letters in a TrueType font: by its own codes, or by the table of Windows.

    By the names of letters, or the table of a Macintosh alone, pdfium finds other letters than poppler, or boxes.
    """
    encoding = font.get("/Encoding")
    if encoding is None and int(described.get("/Flags", 0)) & _SYMBOLIC:
        return True  # its own codes
    if isinstance(encoding, pikepdf.Dictionary):
        return False
    content = described.FontFile2.read_bytes()
    (tables,) = struct.unpack_from(">H", content, _TABLES)
    for entry in range(tables):
        tag, _, start, _ = struct.unpack_from(">4s3I", content, _FIRST_TABLE + 16 * entry)
        if tag == b"cmap":
            (kinds,) = struct.unpack_from(">H", content, start + 2)
            return any(struct.unpack_from(">H", content, start + 4 + 8 * kind) == (_WINDOWS,) for kind in range(kinds))
    return False
