"""Searching, reading, citing and verifying in the reading room, as a browser without JavaScript sees it."""

import csv
import io
import re
import zipfile
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from unittest.mock import Mock
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from tests.reading_room import SHAS, Answer, Visitor
from web.files import inline
from web.views.verify import UPLOADS

PAGE = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/1"


def test_the_one_time_address_works_once(entrance: str, operator: Visitor, stranger: Visitor) -> None:
    """A person who later finds it in a history or saw it on the screen cannot use it."""
    del operator
    again = stranger.get(entrance.partition("//")[2].partition("/")[2].join(("/", "")))
    assert again.status == 401
    assert stranger.get("/").status == 303


def test_a_phrase_is_found_and_boxed(operator: Visitor) -> None:
    """The hit is marked in the text, cut out of the page, and framed on its picture."""
    found = operator.search("សាលក្រមព្រហ្មទណ្ឌ")
    assert found.status == 200
    assert "<mark>សាលក្រមព្រហ្មទណ្ឌ</mark>" in found.text
    assert f"{PAGE}/cutting.jpg?boxes=" in found.text
    page = operator.get(f"{PAGE}?q=%E1%9E%9F%E1%9E%B6%E1%9E%9B%E1%9E%80%E1%9F%92%E1%9E%9A%E1%9E%98")
    assert page.text.count('class="hitbox"') == 1
    assert "សាលក្រមព្រហ្មទណ្ឌ" in page.text


def test_a_hit_says_who_may_see_it(operator: Visitor) -> None:
    """Except where everybody may."""
    found = operator.search("tribunal").text
    levels = re.findall(r"/case/box_(\w+)\">box_\w+</a> · page \d(?: · level: (\w+))?", found)
    assert set(levels) == {("judgment", "staff"), ("sealed", "sealed"), ("letter", ""), ("evil", "")}


def test_hits_are_sorted_by_a_link(operator: Visitor) -> None:
    """With an address that stays; the form keeps the order for the next search; an impossible order is none."""
    found = operator.search("tribunal", "&sort=newest").text
    assert "<strong>Newest first</strong>" in found
    assert '<a href="/?q=tribunal&amp;sort=date">Oldest first</a>' in found
    assert '<a href="/?q=tribunal">Best first</a>' in found
    assert '<input type="hidden" name="sort" value="newest">' in found
    assert "/hits.csv?q=tribunal&amp;sort=newest" in found
    assert "<strong>Best first</strong>" in operator.search("tribunal", "&sort=%3Cscript%3E").text


def test_a_mistake_in_a_query_is_marked_at_its_place(operator: Visitor) -> None:
    """As on the command line: the sentence under the field, with the character marked."""
    found = operator.search("kind:")
    assert found.status == 400
    assert 'aria-invalid="true"' in found.text
    assert 'role="alert"' in found.text


def test_nothing_found_says_why(operator: Visitor) -> None:
    """The part of the query that no page matches is named."""
    found = operator.search("qqqqqqqq")
    assert found.status == 200
    assert "Nothing was found." in found.text
    assert "qqqqqqqq" in found.text


def test_a_facet_narrows_and_is_taken_back(operator: Visitor) -> None:
    """With links whose addresses can be saved."""
    found = operator.search("tribunal", "&box=box")
    assert 'class="picked"' in found.text
    assert '<a href="/?q=tribunal" title="Take back">' in found.text


def test_hits_are_taken_as_tables(operator: Visitor) -> None:
    """All of them, for a spreadsheet that treats none of them as a formula."""
    table = operator.get("/hits.csv?q=tribunal")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.text.startswith("\ufeffCase,Box,Path,Page")
    assert "\n=" not in table.text
    assert ",=" not in table.text
    book = zipfile.ZipFile(io.BytesIO(operator.get("/hits.xlsx?q=tribunal").content))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("km", {"កម្រិតសិទ្ធិមើល": "សាធារណៈ", "ប្រភេទ": "មិនស្គាល់ប្រភេទ"}),
        ("fr", {"Niveau": "public", "Type": "Type inconnu"}),
        ("en", {"Level": "public", "Kind": "Kind not known"}),
    ],
)
def test_tables_speak_the_readers_language(operator: Visitor, code: str, words: dict[str, str]) -> None:
    """As the screen does; the level of each page is in them."""
    asked = "?q=lettre+publique&box=box", {"Accept-Language": code}
    row = next(csv.DictReader(io.StringIO(operator.get(f"/hits.csv{asked[0]}", asked[1]).text.removeprefix("\ufeff"))))
    assert words.items() <= row.items()
    book = zipfile.ZipFile(io.BytesIO(operator.get(f"/hits.xlsx{asked[0]}", asked[1]).content))
    assert {*words, *words.values()} <= set(re.findall(r">([^<]+)</t>", book.read("xl/sharedStrings.xml").decode()))


def test_a_list_is_searched_in_one_go(operator: Visitor) -> None:
    """One search for each line; a line with an error shows the reason and does not stop the others."""
    page = operator.get("/names").text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    answer = operator.post("/names", {"token": token, "list": "tribunal\n\nសាលក្រម\nkind:\ntribunal\n=1+1 tribunal"})
    assert "4 lines searched" in answer.text
    assert f'href="{PAGE}?q=%E1%9E%9F%E1%9E%B6%E1%9E%9B%E1%9E%80%E1%9F%92%E1%9E%9A%E1%9E%98"' in answer.text
    assert 'class="wrong"' in answer.text
    table = operator.post("/names", {"token": token, "list": "=1+1 tribunal", "as": "csv"})
    assert "\n'=1+1 tribunal," in table.text.replace("\r", "")
    assert operator.post("/names", {"token": token, "list": "\n".join(map(str, range(501)))}).status == 400


def test_a_page_has_its_pictures_in_several_widths(operator: Visitor) -> None:
    """Small ones first; the browser asks each time whether its copy may still be shown."""
    small = operator.get(f"{PAGE}/picture/160.jpg")
    assert Image.open(io.BytesIO(small.content)).width == 160
    assert small.headers["Cache-Control"] == "private, no-cache"
    again = operator.get(f"{PAGE}/picture/160.jpg", {"If-None-Match": small.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")
    assert operator.get(f"{PAGE}/picture/161.jpg").status == 400


def test_a_hit_is_cut_out_of_its_page(operator: Visitor) -> None:
    """With the words marked in yellow."""
    cut = Image.open(io.BytesIO(operator.get(f"{PAGE}/cutting.jpg?boxes=80,60,240,90").content)).convert("RGB")
    assert cut.height < 400
    pixels = np.asarray(cut).reshape(-1, 3)
    assert ((pixels > (180, 160, -1)) & (pixels < (256, 256, 140))).all(axis=1).any()


def test_words_over_two_lines_are_cut_out_whole(operator: Visitor) -> None:
    """From the end of a line to the beginning of the next one, at the other side of the page."""
    cut = Image.open(io.BytesIO(operator.get(f"{PAGE}/cutting.jpg?boxes=640,60,760,90;20,100,90,130").content))
    pixels = np.asarray(cut.convert("RGB"))
    yellow = np.asarray(((pixels > (180, 160, -1)) & (pixels < (256, 256, 140))).all(axis=2))
    assert cut.height < 400
    assert yellow[:, : cut.width // 4].any()
    assert yellow[:, -cut.width // 4 :].any()


def test_pages_are_turned(operator: Visitor) -> None:
    """Forwards and backwards through the case file, with the query kept."""
    first = operator.get(f"{PAGE}?q=tribunal").text
    second = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/2"
    assert f'href="{second}?q=tribunal"' in first
    assert f'href="{PAGE}"' in operator.get(second).text


def test_hits_are_followed_through_the_case_file(operator: Visitor) -> None:
    """From the page before and after that has one; the reader knows which of them this is."""
    first = operator.get(f"{PAGE}?q=tribunal").text
    second = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/2"
    assert "page 1 of 2 with hits in this case file" in first
    assert f'data-key="hit-after" href="{second}?q=tribunal"' in first
    last = operator.get(f"{second}?q=tribunal").text
    assert f'data-key="hit-before" href="{PAGE}?q=tribunal"' in last
    assert 'data-key="hit-after"' not in last
    beside = operator.get(f"{second}?q=premi%C3%A8re").text
    assert "0 hits on this page" in beside
    assert f'data-key="hit-before" href="{PAGE}?q=premi%C3%A8re"' in beside


def test_a_page_is_shown_larger(operator: Visitor) -> None:
    """By a link, with the hit kept; other pages are as large; an impossible size is none."""
    page = operator.get(f"{PAGE}?q=tribunal&zoom=150").text
    assert 'class="frame z150"' in page
    assert f'href="{PAGE}?q=tribunal&amp;zoom=200#h1"' in page
    assert f'href="{PAGE}?q=tribunal#h1"' in page
    assert "/page/2?q=tribunal&amp;zoom=150" in page
    assert 'class="frame z100"' in operator.get(f"{PAGE}?zoom=9999").text


def test_a_page_is_opened_by_its_number(operator: Visitor) -> None:
    """In the case file, as on its list."""
    gone = operator.get("/case/box_judgment/turn?page=2")
    assert (gone.status, gone.headers["Location"]) == (303, f"{PAGE[:-1]}2")
    for wrong in ("0", "3", "x", ""):
        assert operator.get(f"/case/box_judgment/turn?page={wrong}").status == 400


def test_a_page_can_be_cited(operator: Visitor) -> None:
    """By a permanent address and the digest of its scan."""
    page = operator.get(PAGE).text
    assert SHAS["judgment"] in page
    assert f"<code>{PAGE}</code>" in page


def test_a_case_file_shows_its_documents_and_its_custody(operator: Visitor) -> None:
    """And whether it is the one that the journal recorded."""
    case = operator.get("/case/box_judgment").text
    assert "/case/box_judgment/document/1.pdf" in case
    assert case.count("/picture/160.jpg") == 2
    assert re.search("Unchanged since [^<]*: its digest is the one in the journal.", case)


def test_files_are_taken_out(operator: Visitor) -> None:
    """The PDF is shown, the scan is always downloaded, ALTO is XML."""
    pdf = operator.get("/case/box_judgment/document/1.pdf")
    assert (pdf.status, pdf.headers["Content-Type"]) == (200, "application/pdf")
    scan = operator.get(f"/case/box_judgment/scan/{SHAS['judgment'][:12]}/original")
    assert scan.headers["Content-Type"] == "application/octet-stream"
    assert scan.headers["Content-Disposition"].startswith("attachment")
    assert b"<alto" in operator.get(f"{PAGE}/alto.xml").content


def test_a_file_is_saved_under_its_khmer_name() -> None:
    """Older browsers get ASCII letters; nothing in a name ends the header, leads elsewhere or hides its ending."""
    header = inline('../ប្រអប់ \u202egpj.\r\n;".pdf')["Content-Disposition"]
    plain, _, khmer = header.partition("; filename*=UTF-8''")
    assert unquote(khmer) == ".._ប្រអប់ _gpj.__;_.pdf"
    assert plain == 'inline; filename=".._______ _gpj.__;_.pdf"'
    assert header.isascii()


def test_the_archive_is_browsed(operator: Visitor) -> None:
    """From the boxes to the case files."""
    assert '<a href="/browse/box/box">box</a>' in operator.get("/browse").text
    assert "/case/box_judgment" in operator.get("/browse/box/box").text
    assert operator.get("/browse/box/none").status == 404


def test_anybody_verifies_a_paper(operator: Visitor, stranger: Visitor) -> None:
    """Without an account: a public one from the archive is right, another is not known; the operator knows them all."""
    pdf = operator.get("/case/box_letter/document/1.pdf").content
    assert "? Unknown" in _verified(stranger, b"%PDF-1.4 something else").text
    assert "Right" in _verified(stranger, pdf).text
    of_staff = operator.get("/case/box_judgment/document/1.pdf").content
    assert "? Unknown" in _verified(stranger, of_staff).text
    right = _verified(operator, of_staff).text
    assert "Right" in right
    assert 'href="/case/box_judgment">Open the case file' in right
    assert stranger.get("/verify").status == 200


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("letter.txt", 1, "the ZIP file holds no bag"),
        ("bag/bagit.txt", 1, "the bag is not as it was sealed"),
        ("bag/bagit.txt", 2 << 30, "too large to be checked here"),
    ],
)
def test_a_zip_file_is_looked_at_within_limits(stranger: Visitor, name: str, size: int, reason: str) -> None:
    """The answer names no place on the server; what would fill its disk is not unpacked."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, "a")
        packed.infolist()[0].file_size = size  # as the list of the ZIP file says
    answer = _verified(stranger, stream.getvalue()).text
    assert reason in answer
    assert "/tmp" not in answer  # noqa: S108  # where the server would unpack it
    assert "given" not in answer


def test_what_too_many_send_at_once_is_not_kept(stranger: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each upload takes room on the disk before it is checked. Only some are let in; the others get a message."""
    kept = Mock(wraps=SpooledTemporaryFile)
    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", kept)
    with ExitStack() as others:
        while UPLOADS.acquire(blocking=False):
            others.callback(UPLOADS.release)
        refused = _verified(stranger, b"x" * (2 << 20))
        assert (refused.status, kept.called) == (503, False)
        assert "Others are verifying something now." in refused.text
    assert _verified(stranger, b"x").status == 200
    assert kept.called


def test_the_text_of_a_code_is_never_a_path(stranger: Visitor) -> None:
    """Verification cannot be used to read the server's files."""
    answer = stranger.post("/verify", {"code": "/etc/passwd"})
    assert answer.status == 200
    assert "the text is not the code of a certificate" in answer.text


def test_the_language_is_chosen_and_kept(operator: Visitor) -> None:
    """Khmer has Khmer digits; without a choice the browser's language is used."""
    asks = {"Accept-Language": "fr-FR,fr;q=0.9"}
    other = Visitor(operator.port, dict(operator.cookies))
    assert '<html lang="fr">' in other.get("/", asks).text
    chosen = other.get("/language/km?to=/browse")
    assert (chosen.status, chosen.headers["Location"]) == (303, "/browse")
    page = other.get("/browse", asks).text
    assert '<html lang="km">' in page
    assert "សំណុំរឿងចំនួន ៤" in page


def _verified(visitor: Visitor, content: bytes) -> Answer:
    mark = "----form"
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
        + content
        + f"\r\n--{mark}--\r\n".encode()
    )
    return visitor.send("POST", "/verify", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})


def test_errors_are_in_the_readers_language(operator: Visitor) -> None:
    """What is wrong with a query, why nothing is found, and what an error page says, with the next step."""
    khmer = {"Accept-Language": "km"}
    wrong = operator.get("/?q=kind%3A", khmer)
    assert wrong.status == 400
    assert "kind: ត្រូវមានតម្លៃមួយ" in wrong.text
    nothing = operator.get("/?q=qqqqqqqq+date%3A1850", khmer)
    assert "គ្មានឯកសារណាមានកាលបរិច្ឆេទក្នុង date:1850 ទេ" in nothing.text
    missing = operator.get("/case/nothing", khmer)
    assert missing.status == 404
    assert "<h1>គ្មានអ្វីនៅអាសយដ្ឋាននេះទេ។</h1>" in missing.text
    assert "សូមស្វែងរក" in missing.text
    french = operator.get("/?page=0&q=a", {"Accept-Language": "fr"})
    assert "Revenez à la première page." in french.text
