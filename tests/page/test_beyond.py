"""Contents of a PDF that are not on its pages are noted, because they are not read."""

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name

from pipeline.page.beyond import FORM, beyond_the_page
from tests.page import raw_pdf

FIELD = Dictionary(FT=Name.Tx, T="name")


def _notes(folder, extra, number=1):
    return beyond_the_page(raw_pdf.write(folder / "a.pdf", raw_pdf.BODY, extra), number)


def _file(pdf, name="a.txt"):
    return AttachedFileSpec(pdf, b"secret", filename=name).obj


def _attached(pdf, _page):
    pdf.attachments["a.txt"], pdf.attachments["b.txt"] = AttachedFileSpec(pdf, b"1"), AttachedFileSpec(pdf, b"2")


def _in_branches(pdf, _page):
    leaves = [pdf.make_indirect(Dictionary(Names=Array([name, _file(pdf)]))) for name in ("a", "b")]
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Kids=Array(leaves)))


def _in_a_note(pdf, page):
    raw_pdf.annotate(pdf, page, "", (10, 10, 20, 20), Subtype=Name.FileAttachment, FS=_file(pdf))


def _of_the_page(pdf, page):
    page.obj.AF = Array([_file(pdf)])


def _of_the_document_and_listed(pdf, _page):
    """PDF/A-3 files may name each attached file twice: it is one."""
    one = pdf.make_indirect(_file(pdf))
    pdf.Root.AF = Array([one])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(["a", one])))


@pytest.mark.parametrize(
    ("extra", "sentences"),
    [
        (_attached, ("2 attached files are not read",)),
        (_in_branches, ("2 attached files are not read",)),
        (_in_a_note, ("1 attached file is not read",)),
        (_of_the_page, ("1 attached file is not read",)),
        (_of_the_document_and_listed, ("1 attached file is not read",)),
    ],
    ids=["listed", "listed in branches", "in a note", "of the page", "of the document, and listed"],
)
def test_attached_files_are_counted(tmp_path, extra, sentences):
    """They are not named, because a name may reveal confidential facts."""
    assert _notes(tmp_path, extra) == sentences


def test_a_portfolio_is_told(tmp_path):
    """Its only page tells the reader to open it with another program."""

    def portfolio(pdf, page):
        _attached(pdf, page)
        pdf.Root.Collection = Dictionary(Type=Name.Collection)

    (sentences,) = _notes(tmp_path, portfolio)
    assert "portfolio" in sentences
    assert "2 attached files are not read" in sentences


@pytest.mark.parametrize(
    ("form", "needs_rendering", "sentences"),
    [
        (Dictionary(Fields=Array()), True, (FORM,)),
        (Dictionary(Fields=Array()), False, (FORM,)),
        (Dictionary(), False, (FORM,)),
        (Dictionary(Fields=Array([FIELD])), True, (FORM,)),
        (Dictionary(Fields=Array([FIELD])), False, ()),
    ],
    ids=["as Adobe writes it", "no fields", "no list of fields", "with fields", "whose pages show it"],
)
def test_a_form_whose_pages_do_not_show_it_is_told(tmp_path, form, needs_rendering, sentences):
    """If its pages show the entries, it is a normal form."""

    def extra(pdf, _page):
        pdf.Root.AcroForm = form
        pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")
        if needs_rendering:
            pdf.Root.NeedsRendering = True

    assert _notes(tmp_path, extra) == sentences


def test_a_pdf_that_says_it_must_be_drawn_elsewhere_is_believed(tmp_path):
    """Even if the form itself was removed."""
    assert _notes(tmp_path, lambda pdf, _page: setattr(pdf.Root, "NeedsRendering", True)) == (FORM,)


def test_what_is_of_the_whole_file_is_told_of_its_first_page_only(tmp_path):
    """What belongs to a page is reported for that page."""

    def extra(pdf, page):
        _attached(pdf, page)
        pdf.add_blank_page()
        pdf.pages[1].obj.AF = Array([_file(pdf)])

    assert _notes(tmp_path, extra) == ("2 attached files are not read",)
    assert _notes(tmp_path, extra, 2) == ("1 attached file is not read",)


@pytest.mark.parametrize(
    "extra",
    [
        lambda _pdf, _page: None,
        lambda pdf, _page: setattr(pdf.Root, "Names", Array()),
        lambda pdf, _page: setattr(pdf.Root, "Names", Dictionary(EmbeddedFiles=Dictionary(Names=Array(["a", 3])))),
        lambda _pdf, page: setattr(page.obj, "Annots", Dictionary()),
        lambda _pdf, page: setattr(page.obj, "AF", Array([pikepdf.String("a"), Dictionary(EF=Dictionary(F=3))])),
        lambda pdf, _page: setattr(pdf.Root, "AcroForm", Dictionary(Fields=Array([FIELD]))),
    ],
    ids=["nothing", "no tree", "no files", "no notes", "no file", "no XFA"],
)
def test_what_holds_nothing_tells_nothing(tmp_path, extra):
    """Even if it is written in an unusual way."""
    assert _notes(tmp_path, extra) == ()


def test_files_that_lie_elsewhere_are_not_attached(tmp_path):
    """A link to a file on somebody's disk contains no file."""

    def extra(pdf, page):
        elsewhere = Dictionary(Type=Name.Filespec, F="a.txt")
        raw_pdf.annotate(pdf, page, "", (10, 10, 20, 20), Subtype=Name.FileAttachment, FS=elsewhere)

    assert _notes(tmp_path, extra) == ()
