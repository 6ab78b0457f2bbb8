"""The text of scans as files."""

import hashlib
import unicodedata
from pathlib import PurePosixPath

import pytest

from models.page import PageRef
from models.scan import Kind, Scan
from pipeline.archive.archive import Archive
from pipeline.services.text_export import export_text
from tests.conftest import archive_settings, at_the_shell, bag_in_place


def _archive(make, tmp_path, box, path, *texts, case_id="", folder=""):
    content = f"{box}{path}".encode()
    sha = hashlib.sha256(content).hexdigest()
    scan = tmp_path / "scan"
    scan.write_bytes(content)
    pages = [make.page([text], scan=sha, number=number) for number, text in enumerate(texts, 1)]
    case = make.case(*pages, path=path, case_id=case_id or path.replace("/", "-"))
    case = case.model_copy(update={"box": box, "folder": folder})
    pictures = {(sha, page.number): make.picture(page, tmp_path / f"{page.number}.jpg") for page in pages}
    bag_in_place(case, pages, {sha: scan}, pictures, tmp_path / "archive")


def _archive_together(make, tmp_path, paths):
    """Archive scans in one case file; the text of each is its place among them."""
    scans, pages, originals, pictures = [], [], {}, {}
    for number, path in enumerate(paths):
        page = make.page([f"text{number}"], scan=hashlib.sha256(path.encode()).hexdigest())
        originals[page.scan] = tmp_path / f"scan{number}"
        originals[page.scan].write_bytes(path.encode())
        pictures[page.scan, 1] = make.picture(page, tmp_path / f"{number}.jpg")
        scans.append(Scan(path=path, sha256=page.scan, size=3, kind=Kind.PDF, pages=1))
        pages.append(page)
    refs = tuple(PageRef(scan=page.scan, number=1) for page in pages)
    case = make.case(pages[0])
    document = case.documents[0].model_copy(update={"pages": refs})
    case = case.model_copy(update={"scans": tuple(scans), "documents": (document,)})
    bag_in_place(case, pages, originals, pictures, tmp_path / "archive")


def test_each_scan_is_a_file_with_a_form_feed_between_pages(make, tmp_path):
    """Its path in the box, with .txt at the end."""
    _archive(make, tmp_path, "box", "lettres/១.pdf", "ព្រះ|រាជា", "deux")
    assert export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), tmp_path / "texts").written == 1
    assert (tmp_path / "texts/lettres/១.txt").read_text("utf-8") == "ព្រះរាជា\fdeux\n"


def test_two_scans_never_share_a_file(make, tmp_path):
    """a.pdf and a.jpg keep their whole names."""
    for path in ("a.pdf", "a.jpg", "b.pdf"):
        _archive(make, tmp_path, "box", path, path)
    export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), tmp_path / "texts")
    assert sorted(file.name for file in (tmp_path / "texts").iterdir()) == ["a.jpg.txt", "a.pdf.txt", "b.txt"]


LONG = "ក" * 84  # 252 bytes: with .pdf it is as long as a name may be


@pytest.mark.parametrize(
    "paths",
    [
        ("001.pdf", "001.tif", "001.pdf.pdf"),
        ("001.pdf", "001.tif", "001.pdf.pdf", "001.pdf.txt", "001.txt", "001"),
        ("A.pdf", "a.pdf", "a.PDF"),
        ("caf\u00e9.pdf", "cafe\u0301.pdf", "CAF\u00c9.tif"),
        ("case/a.pdf", "case/a.txt/1.pdf", "case/a.pdf.txt/1.pdf", "case/A.TXT/1.tif"),
        (f"{LONG[:-1]}a.p", f"{LONG[:-1]}a.q", f"{LONG[:-1]}b.tif"),
        (f"{LONG}.p", f"{LONG}.q"),
        (f"{'x' * 250}.a", f"{'x' * 250}.b", f"{'x' * 251}.c", f"{'x' * 252}"),
        ("a", "a.", "a..", ".a", "..a", ".txt", "a.txt"),
        ("a\nb.pdf", "a b.pdf", "a:b?.pdf"),
    ],
)
def test_no_text_is_lost_whatever_the_scans_are_called(make, tmp_path, paths):
    """Also on disks that ignore case; and the same export again gives the same."""
    _archive_together(make, tmp_path, paths)
    folder = tmp_path / "texts"
    for _ in range(2):
        done = export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), folder)
        assert (done.written, done.failed, done.damaged, done.others) == (len(paths), (), (), 0)
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert sorted(file.read_text("utf-8") for file in files) == [f"text{n}\n" for n in range(len(paths))]
        everywhere = {unicodedata.normalize("NFC", str(file)).casefold() for file in files}
        assert len(everywhere) == len(files)


def test_a_scan_that_two_case_files_hold_has_a_text_for_each(make, tmp_path):
    """One may come from another archive."""
    for number in (1, 2):
        _archive(make, tmp_path, "box", "a.pdf", f"text{number}", case_id=f"case{number}")
    assert export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), tmp_path / "texts").written == 2
    assert sorted(file.read_text("utf-8") for file in (tmp_path / "texts").iterdir()) == ["text1\n", "text2\n"]


def test_nothing_is_written_outside_the_folder(make, tmp_path):
    """For any paths in a case file from elsewhere."""
    for number, path in enumerate(("../../a.pdf", "/b.pdf", "c/../../../d.pdf")):
        _archive(
            make,
            tmp_path,
            "box",
            path,
            f"text{number}",
            case_id=f"case{number}",
            folder=str(PurePosixPath(path).parent),
        )
    assert (
        export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), tmp_path / "in" / "texts").written
        == 3
    )
    assert len(list((tmp_path / "in" / "texts").rglob("*.txt"))) == 3
    assert len(list(tmp_path.rglob("*.txt"))) - len(list((tmp_path / "archive").rglob("*.txt"))) == 3


def test_what_is_in_the_way_stops_no_other_text(make, tmp_path):
    """A folder of that name; a file where a folder should be. A link is replaced, and what it points to stays."""
    for path in ("a.pdf", "b/1.pdf", "c.pdf", "d.pdf"):
        _archive(make, tmp_path, "box", path, path)
    folder = tmp_path / "texts"
    (folder / "a.txt").mkdir(parents=True)
    (folder / "b").write_text("x", "utf-8")
    (folder / "older.txt").write_text("x", "utf-8")
    (tmp_path / "precious").write_text("x", "utf-8")
    (folder / "c.txt").symlink_to(tmp_path / "precious")
    done = export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), folder)
    assert done.written == 2
    assert {file.name for file, _ in done.failed} == {"a.txt", "1.txt"}
    assert done.others == 1
    assert (tmp_path / "precious").read_text("utf-8") == "x"
    assert (folder / "c.txt").read_text("utf-8") == "c.pdf\n"
    assert not list(folder.rglob(".bannasar*"))


def test_a_damaged_bag_is_left_out_and_named(make, tmp_path):
    """The texts of the others are written."""
    for path in ("a.pdf", "b.pdf", "c.pdf"):
        _archive(make, tmp_path, "box", path, path)
    bags = tmp_path / "archive" / "bags" / "box"
    (bags / "a.pdf" / "data" / "case.json").write_text("{}", "utf-8")
    next((bags / "b.pdf" / "data" / "pages").rglob("*.json")).unlink()
    done = export_text(Archive(archive_settings(tmp_path / "archive")), at_the_shell(), tmp_path / "texts")
    assert done.written == 1
    assert {bag.name for bag in done.damaged} == {"a.pdf", "b.pdf"}


def test_boxes_have_folders_where_there_are_several(make, tmp_path):
    """Unless one is asked for."""
    for box in ("one", "two"):
        _archive(make, tmp_path, box, "a.pdf", box)
    archive = Archive(archive_settings(tmp_path / "archive"))
    for box in ("one", "two"):
        archive.ledger.adopt_box(box)
    assert export_text(archive, at_the_shell(), tmp_path / "all").written == 2
    assert (tmp_path / "all/two/a.txt").read_text("utf-8") == "two\n"
    assert export_text(archive, at_the_shell(), tmp_path / "some", "one").written == 1
    assert (tmp_path / "some/a.txt").read_text("utf-8") == "one\n"
