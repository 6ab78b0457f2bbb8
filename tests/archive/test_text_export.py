"""The text of scans as files."""

import hashlib

from pipeline.archive.bag import build_bag
from pipeline.archive.text_export import export_text


def _archive(make, tmp_path, box, path, *texts):
    content = f"{box}{path}".encode()
    sha = hashlib.sha256(content).hexdigest()
    scan = tmp_path / "scan"
    scan.write_bytes(content)
    pages = [make.page([text], scan=sha, number=number) for number, text in enumerate(texts, 1)]
    case = make.case(*pages, path=path, case_id=path.replace("/", "-")).model_copy(update={"box": box})
    pictures = {(sha, page.number): make.picture(page, tmp_path / f"{page.number}.jpg") for page in pages}
    build_bag(case, pages, {sha: scan}, pictures, tmp_path / "archive")


def test_each_scan_is_a_file_with_a_form_feed_between_pages(make, tmp_path):
    """Its path in the box, with .txt at the end."""
    _archive(make, tmp_path, "box", "lettres/១.pdf", "ព្រះ|រាជា", "deux")
    assert export_text(tmp_path / "archive", tmp_path / "texts") == 1
    assert (tmp_path / "texts/lettres/១.txt").read_text("utf-8") == "ព្រះរាជា\fdeux\n"


def test_two_scans_never_share_a_file(make, tmp_path):
    """a.pdf and a.jpg keep their whole names."""
    for path in ("a.pdf", "a.jpg", "b.pdf"):
        _archive(make, tmp_path, "box", path, path)
    export_text(tmp_path / "archive", tmp_path / "texts")
    assert sorted(file.name for file in (tmp_path / "texts").iterdir()) == ["a.jpg.txt", "a.pdf.txt", "b.txt"]


def test_boxes_have_folders_where_there_are_several(make, tmp_path):
    """Unless one is asked for."""
    for box in ("one", "two"):
        _archive(make, tmp_path, box, "a.pdf", box)
    assert export_text(tmp_path / "archive", tmp_path / "all") == 2
    assert (tmp_path / "all/two/a.txt").read_text("utf-8") == "two\n"
    assert export_text(tmp_path / "archive", tmp_path / "some", "one") == 1
    assert (tmp_path / "some/a.txt").read_text("utf-8") == "one\n"
