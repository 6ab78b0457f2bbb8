"""The sample boxes from end to end, as the demo digitises them."""

import json
import subprocess
import sys

import jsonschema
import pytest
from lxml import etree

from pipeline.archive.bag import bags, read_bag
from pipeline.archive.fixity import verify_bag
from pipeline.text.plain import page_text
from pipeline.text.units import sequence, units
from tests.cli.conftest import Bannasar
from tests.conftest import ROOT
from tests.schemas import schema, without_premis_types

BOXES = sorted((ROOT / "samples" / "boxes").iterdir())


@pytest.fixture(scope="module")
def digitised(tmp_path_factory):
    """The sample boxes' archive, and what the run said."""
    bannasar = Bannasar(tmp_path_factory.mktemp("samples") / "archive")
    return bannasar, bannasar("run", *BOXES)


def test_both_boxes_are_archived_whole(digitised):
    """Every scan archived or a duplicate, every page accounted for."""
    bannasar, done = digitised
    assert done.returncode == 0, done.stdout + done.stderr
    counts = [box["counts"] for box in bannasar.json("status")["boxes"]]
    assert [(c["archived"], c["duplicate"], c["pages"], c["blank"]) for c in counts] == [(7, 0, 11, 1), (6, 1, 10, 0)]
    assert sum(c["ignored"] for c in counts) == 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("សាលក្រមព្រហ្មទណ្ឌ", "dossier-A/03-saalakrom.pdf"),
        ('"សាលក្រមព្រហ្មទណ្ឌ"', "សាលក្រម.pdf"),
        ('"tribunal de première instance"', "PV 1963.pdf"),
        ('"TRIBUNAL de premiere instance"', "jugement-1964.jpg"),
    ],
)
def test_what_is_printed_is_found(digitised, query, path):
    """In Khmer and in French, on upright pages and on those fed upside down."""
    bannasar, _ = digitised
    hits = bannasar.json("search", query)["hits"]
    assert path in [hit["path"] for hit in hits]
    for hit in hits:
        assert hit["snippet"]
        assert all(left < right and top < bottom for left, top, right, bottom in hit["boxes"])


def test_the_researchers_guide_shows_what_is_printed(digitised):
    """Each kind of query with its real output; `script/examples` writes it."""
    bannasar, _ = digitised
    command = [sys.executable, ROOT / "script" / "examples", bannasar.archive, "--check"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def test_the_text_is_what_the_samples_say(digitised, tmp_path):
    """Four of five pairs of clusters and words of the truth are read, over all pages."""
    bannasar, _ = digitised
    assert bannasar("export", "text", tmp_path / "texts").returncode == 0
    wanted = found = 0
    for truth in sorted((ROOT / "samples" / "truth").rglob("*.txt")):
        read = (tmp_path / "texts" / truth.relative_to(ROOT / "samples" / "truth")).read_text("utf-8")
        assert read.count("\f") == truth.read_text("utf-8").count("\f")
        there = set(sequence(units(read)))
        tokens = sequence(units(truth.read_text("utf-8")))
        wanted += len(tokens)
        found += sum(token in there for token in tokens)
    assert found / wanted > 0.8


def test_every_bag_is_valid(digitised):
    """One for each case file."""
    bannasar, _ = digitised
    found = list(bags(bannasar.archive))
    assert len(found) == 7
    assert [verify_bag(bag) for bag in found] == [[]] * 7


def test_the_records_in_every_bag_keep_to_the_published_schemas(digitised):
    """A reader in thirty years has docs/schema/, but no program of Bannasar."""
    bannasar, _ = digitised
    schemas = {
        name: json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text("utf-8")) for name in ("case", "page")
    }
    for bag in bags(bannasar.archive):
        jsonschema.validate(json.loads((bag / "data" / "case.json").read_text("utf-8")), schemas["case"])
        for page in (bag / "data" / "pages").rglob("*.json"):
            jsonschema.validate(json.loads(page.read_text("utf-8")), schemas["page"])


def test_what_other_programs_read_is_valid_in_every_bag(digitised):
    """ALTO and METS, by the Library of Congress' schemas."""
    bannasar, _ = digitised
    alto, mets = schema("alto-schema", "alto-4-3.xsd"), schema("mets-schema", "mets.xsd")
    for bag in bags(bannasar.archive):
        mets.assertValid(without_premis_types(etree.parse(bag / "data" / "mets.xml")))
        for page in (bag / "data" / "alto").rglob("*.xml"):
            alto.assertValid(etree.parse(page))


def test_no_pdf_has_a_space_inside_a_word_that_the_index_holds(digitised):
    """What is found in the archive is found in the PDF too."""
    bannasar, _ = digitised
    for bag in bags(bannasar.archive):
        case, pages = read_bag(bag)
        for document in case.documents:
            file = bag / "data" / "documents" / f"{document.number:03}.pdf"
            told = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
            words = {
                run
                for page in pages
                if (page.scan, page.number) in {(ref.scan, ref.number) for ref in document.pages}
                for line in page_text(page)[0].split("\n")
                for run in line.split()
            }
            lost = [word for word in words if word not in told]
            assert not lost, (file, lost[:5])


def test_every_pdf_is_pdfa(digitised):
    """VeraPDF says so of each."""
    bannasar, _ = digitised
    files = sorted(bannasar.archive.glob("bags/*/*/data/documents/*.pdf"))
    command = [ROOT / "script" / "verapdf", "-f", "2b", "--format", "text", *files]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    documents = sum(len(read_bag(bag)[0].documents) for bag in bags(bannasar.archive))
    assert said.count("PASS") == len(files) == documents, said


def test_people_see_a_table_and_marks(digitised):
    """Without colour the marks are brackets."""
    bannasar, _ = digitised
    assert "7" in bannasar("status").stdout
    assert "[tribunal de première instance]" in bannasar("search", '"tribunal de première instance"').stdout
