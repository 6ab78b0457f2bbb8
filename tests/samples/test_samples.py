"""The maker of the sample boxes, and the boxes it made."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageSequence, ImageStat
from tesserocr import PSM, PyTessBaseAPI
from typer.testing import CliRunner

from config.settings import load
from samples import faces
from samples.__main__ import app
from samples.age import Wear, age
from samples.born_digital import write_born_digital
from samples.boxes import BOXES, make_box, truth_names
from samples.faces import load_face
from samples.typeset import Columns, Table, Text, break_lines, clusters, lay_out, render_page
from samples.words import draw_facts

SAMPLES = Path(faces.__file__).parent
LINES = (
    "ក្រុមប្រឹក្សាឃុំបានប្រជុំពិភាក្សាអំពីទំនប់ទឹក",
    "ស្ត្រីម្នាក់បានដាក់ពាក្យសុំនៅសាលាស្រុក",
    "ការប្រកាសនេះមានសុពលភាពចាប់ពីថ្ងៃចុះហត្ថលេខា",
    "មន្ត្រីនគរបាលយុត្តិធម៌បានពិនិត្យទីកន្លែងឡើងវិញ",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Both boxes, made anew."""
    folder = tmp_path_factory.mktemp("made")
    for name in BOXES:
        for _ in make_box(name, folder / "boxes", folder / "truth"):
            pass
    return folder


def files(folder):
    """The files below a folder by their relative paths."""
    return {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}


def pictures(path):
    """The pages of a scan as small pictures."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            return [page.render(scale=0.7).to_pil().convert("L") for page in pdf]
    with Image.open(path) as picture:
        return [frame.convert("L").resize((420, 594)) for frame in ImageSequence.Iterator(picture)]


def test_boxes_in_the_repository_are_what_the_maker_makes(made):
    """Same files, same truth, and pages that no eye can tell apart, whatever the versions of the picture libraries."""
    for part in ("boxes", "truth"):
        assert files(SAMPLES / part).keys() == files(made / part).keys()
    for name, path in files(made / "truth").items():
        assert (SAMPLES / "truth" / name).read_bytes() == path.read_bytes()
    for name, path in files(made / "boxes").items():
        kept = SAMPLES / "boxes" / name
        if kept.read_bytes() == path.read_bytes():
            continue
        for ours, theirs in zip(pictures(kept), pictures(path), strict=True):
            assert ImageStat.Stat(ImageChops.difference(ours, theirs)).mean[0] < 2, name


def test_boxes_are_small_and_every_page_has_its_truth():
    """Both boxes stay under 10 MB, and a scan and its truth have as many pages."""
    assert sum(path.stat().st_size for path in files(SAMPLES / "boxes").values()) < 10_000_000
    for box, items in BOXES.items():
        names = truth_names([item.path for item in items])
        for item in items:
            truth = (SAMPLES / "truth" / box / names[item.path]).read_text("utf-8")
            assert len(pictures(SAMPLES / "boxes" / box / item.path)) == truth.count("\f") + 1
    assert (SAMPLES / "truth/box-001/dossier-A/03-saalakrom.txt").read_text("utf-8").endswith("\f")


def test_other_seeds_make_other_cases():
    """A seed decides the facts of a case, and the same seed decides them again."""
    first, again, other = (draw_facts(np.random.default_rng(seed), 1998) for seed in (1, 1, 2))
    assert first == again != other


def test_wear_follows_its_seed_and_keeps_the_page_in_shape():
    """The same chance wears a page alike, other chance otherwise; grey stays grey unless colour is asked for."""
    page = render_page(LINES, dpi=100)
    first, again, other = (age(page, np.random.default_rng(seed), 1.0, back=page) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == page.shape
    assert age(page, np.random.default_rng(1), wear=Wear(colour=True, seal=True, fold=True)).shape == (*page.shape, 3)


def test_no_line_is_broken_inside_a_cluster():
    """Where a word is wider than its column it is broken between clusters, and nothing is lost."""
    text = "ក្រុមប្រឹក្សា|ស្ត្រីអន្តរក្រសួងយុត្តិធម៌ កន្ត្រៃសង្គ្រាមញ៉ាំអ៊ុំ។"
    lines = break_lines(text, load_face("Khmer OS", 40.0), 150)
    assert len(lines) > 5
    assert "".join(lines).replace(" ", "") == re.sub(r"[| ]", "", text)
    for line in lines:
        assert not re.match(r"[\u17b4-\u17d3\u17dd។៕៖ៗ]", line)
        assert not line.endswith("\u17d2")


def test_no_printed_line_of_the_samples_begins_or_ends_inside_a_cluster():
    """No line of the truth starts with a sign, a subscript or a closing mark, or ends with the sign that joins one."""
    lines = [
        line for path in files(SAMPLES / "truth").values() for line in re.split(r"[\n\f\t]", path.read_text("utf-8"))
    ]
    assert len(lines) > 300
    assert not [line for line in lines if re.match(r"[\u17b4-\u17d3\u17dd។៕ៗ;:»]", line) or line.endswith("\u17d2")]


def test_clusters_hold_subscripts_and_signs():
    """A base keeps its subscripts, its vowel, its signs, and the mark that closes a phrase."""
    assert clusters("ស្ត្រីធម៌ញ៉ាំ។") == ["ស្ត្រី", "ធ", "ម៌", "ញ៉ាំ។"]


def test_tesseract_reads_a_clean_page_as_it_was_set():
    """What stands in the lines stands on the paper: shaped right, a Khmer page is read with hardly an error."""
    page = Image.fromarray(render_page(LINES, "Khmer OS", 13, 300))
    with PyTessBaseAPI(path=f"{load().page.models_folder}/", lang="khm", psm=PSM.SINGLE_BLOCK) as engine:
        engine.SetImage(page)
        read = engine.GetUTF8Text()
    wanted = [line for line in LINES if line in re.sub(r"[ \u200b]", "", read)]
    assert len(wanted) >= len(LINES) - 1


def test_columns_and_rows_keep_their_order():
    """One column is read before the next, and the cells of a row stand on one line, parted by tabs."""
    blocks: list[Columns | Table] = [
        Columns(((Text("ក"), Text("ខ")), (Text("គ"),))),
        Table((("១", "ឃ"), ("២", "ង")), (1.0, 3.0)),
    ]
    assert lay_out(blocks, 100)[0].lines == ("ក", "ខ", "គ", "១\tឃ", "២\tង")


def test_a_long_paper_flows_onto_numbered_sheets():
    """What does not fit goes onto further sheets, which carry their number."""
    sheets = lay_out([Text("ទំព័រ")] * 40, 100, numbered=True)
    assert [sheet.lines[0] for sheet in sheets] == ["ទំព័រ", "- 2 -"]
    assert sum(len(sheet.lines) for sheet in sheets) == 41


def test_a_cell_that_is_too_narrow_is_refused():
    """A table says which cell does not fit, rather than print over its rules."""
    with pytest.raises(ValueError, match="wider than its column"):
        lay_out([Table((("ព្រះរាជាណាចក្រកម្ពុជា" * 3, "ក"),), (1.0, 1.0))], 100)


def test_born_digital_text_comes_back_whole(tmp_path):
    """PDFium and poppler give every printed line back in logical order, and the same sheets give the same bytes."""
    path = SAMPLES / "boxes/ប្រអប់-០០២/សាលក្រម.pdf"
    truth = [page.split("\n")[:-1] for page in (SAMPLES / "truth/ប្រអប់-០០២/សាលក្រម.txt").read_text("utf-8").split("\f")]
    with pypdfium2.PdfDocument(path) as pdf:
        pages = [page.get_textpage().get_text_range().split("\r\n") for page in pdf]
    for lines, page in zip(truth, pages, strict=True):
        assert not set(lines) - {" ".join(line.split()) for line in page}
    text = re.sub(r"\s", "", subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode())
    assert not [line for page in truth for line in page if re.sub(r"\s", "", line) not in text]
    sheets = lay_out([Text(line) for line in LINES], 100)
    for name in ("a.pdf", "b.pdf"):
        write_born_digital(sheets, tmp_path / name, "ក")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_truth_keeps_the_whole_name_where_two_scans_would_share_one():
    """The suffix gives way to .txt, unless that would make two texts one."""
    assert truth_names(["a/b.pdf", "a/c.pdf", "a/c.tif"]) == {
        "a/b.pdf": "a/b.txt",
        "a/c.pdf": "a/c.pdf.txt",
        "a/c.tif": "a/c.tif.txt",
    }


def test_a_missing_font_names_its_package(tmp_path, monkeypatch):
    """Without the fonts the command ends with status 3 and the package to install."""
    monkeypatch.setattr(faces, "FONTS", tmp_path)
    load_face.cache_clear()
    outcome = CliRunner().invoke(app, ["make", str(tmp_path), "--boxes", "box-001"])
    assert outcome.exit_code == 3
    assert "apt-get install fonts-khmeros" in outcome.output


def test_an_unknown_box_is_wrong_use(tmp_path):
    """The command knows its boxes and names them."""
    outcome = CliRunner().invoke(app, ["make", str(tmp_path), "--boxes", "box-999"])
    assert outcome.exit_code == 2
    assert "box-001" in outcome.output
