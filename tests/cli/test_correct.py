"""`bannasar correct`, `split` and `merge`: what people enter is kept with what the machine read, in every rerun."""

import json
import shutil

import pikepdf
import pytest
from PIL import Image

from models.case import CaseFile
from models.fact import FactName
from samples.typeset import render_page
from tests.cli.conftest import Bannasar

CASE = "box_papers.pdf"
COMPLAINT = [
    "ព្រះរាជាណាចក្រកម្ពុជា",
    "ពាក្យបណ្តឹង",
    "ខ្ញុំបាទឈ្មោះ យឹម វាសនា អាយុ ៤២ឆ្នាំ សូមប្តឹងអ្នកជិតខាងដែលបានលួចគោរបស់ខ្ញុំ",
    "សូមលោកព្រះរាជអាជ្ញាមេត្តាចាត់ការតាមច្បាប់",
    "ធ្វើថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៨",
]
GOES_ON = (
    "Le témoin a vu le prévenu quitter la maison avant la tombée de la nuit, puis revenir avec deux autres hommes."
)
LETTER = [
    "ROYAUME DU CAMBODGE",
    "BORDEREAU D'ENVOI",
    "Dossier n° 296/64",
    "Kampot, le 6 décembre 1964",
    "Monsieur le Procureur, j'ai l'honneur de vous transmettre ci-joint les pièces du dossier.",
    *[GOES_ON] * 14,
]
ANNEX = [GOES_ON] * 8


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Return a folder with a box of one scan of three pages, a Khmer complaint and a French letter of two, archived."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "box").mkdir()
    faces = ["Khmer OS", "Liberation Serif", "Liberation Serif"]
    pictures = [
        Image.fromarray(render_page(lines, face=face, size=13, dpi=150))
        for lines, face in zip((COMPLAINT, LETTER, ANNEX), faces, strict=True)
    ]
    pictures[0].save(folder / "box" / "papers.pdf", save_all=True, append_images=pictures[1:], resolution=150)
    done = Bannasar(folder / "archive")("run", folder / "box")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def archive(bannasar, papers):
    """Return ``bannasar`` with that archive, which a test may change, with its two documents."""
    shutil.copytree(papers / "archive", bannasar.archive)
    assert _cuts(bannasar) == [[1], [2, 3]]
    return bannasar


def _case(bannasar):
    file = bannasar.archive / "bags" / "box" / CASE / "data" / "case.json"
    return CaseFile.model_validate_json(file.read_bytes())


def _cuts(bannasar):
    return [[ref.number for ref in document.pages] for document in _case(bannasar).documents]


def _journal(bannasar):
    return [json.loads(line) for line in (bannasar.archive / "journal.jsonl").read_text("utf-8").splitlines()]


def _well(bannasar, *command):
    done = bannasar(*command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _found(bannasar, query):
    return sorted(hit["page"] for hit in bannasar.json("search", query)["hits"])


def test_what_a_person_says_goes_before_what_was_read_and_both_are_kept(archive):
    """In the record, in searches, in the journal, in METS; the bag is whole, and of the same scan."""
    read = _case(archive).documents[1]
    printed = _well(
        archive, "correct", CASE, "--document", "2", "--kind", "summons", "--date", "ថ្ងៃទី១៨ ខែកញ្ញា ឆ្នាំ១៩៦៤",
        "--case-number", "៤៥៨/៦៤", "--court", "Tribunal provincial de Kampot",
    )  # fmt: skip
    assert "2. papers, page 2, 2 pages: summons * · 1964-09-18 * · 458/64 * · សាលាដំបូងខេត្តកំពត *" in printed
    case = _case(archive)
    document = case.documents[1]
    assert (document.kind, document.kind_read, bool(document.kind_by)) == ("summons", read.kind_read, True)
    assert document.best_value(FactName.DATE) == "1964-09-18"
    assert document.all_of(FactName.CASE_NUMBER) == ("458/64",)
    assert [fact for fact in document.facts if not fact.by] == list(read.facts)
    machine = {correction.about.value: correction.machine for correction in case.corrections}
    assert machine == {"kind": read.kind_read, "date": "1964-12-06", "case_number": "296/64", "court": ""}
    assert _found(archive, "kind:summons") == [2, 3]
    assert _found(archive, "date:1964-09 case:458/64") == [2, 3]
    assert _found(archive, "case:296/64") == []
    line = _journal(archive)[-1]
    assert (line["event"], line["case"]) == ("corrected", CASE)
    assert line["reason"].startswith(f"document 2: kind summons (read: {read.kind_read}), date 1964-09-18")
    assert [version.manifest for version in case.history] == [_journal(archive)[0]["manifest"]]
    mets = (archive.archive / "bags" / "box" / CASE / "data" / "mets.xml").read_text("utf-8")
    assert "A person changed the record: document 2: kind summons" in mets
    _well(archive, "verify")


def test_what_was_said_outlives_everything(archive, tmp_path):
    """Pages read again, ledger and index made again, a copy to another archive: the last correction stays."""
    for kind in ("letter", "summons"):
        _well(archive, "correct", CASE, "--document", "2", "--kind", kind)
    _well(archive, "split", CASE, "--document", "2", "--page", "2")
    _well(archive, "correct", CASE, "--document", "3", "--date", "1964")

    def stands(bannasar):
        case = _case(bannasar)
        return (
            [one.kind for one in case.documents][1:2] == ["summons"]
            and [len(one.pages) for one in case.documents] == [1, 1, 1]
            and case.documents[2].best_value(FactName.DATE) == "1964"
            and len(case.corrections) == 4
            and _found(bannasar, "kind:summons") == [2]
        )

    assert stands(archive)
    _well(archive, "rerun", "--box", "box", "--stage", "recognise")
    assert stands(archive)
    assert len(_case(archive).history) == 5
    for command in (["index", "rebuild"], ["rebuild", "--force"]):
        _well(archive, *command)
        assert stands(archive)
    _well(archive, "verify")
    _well(archive, "export", "bag", CASE, "--to", tmp_path / "case.zip")
    other = Bannasar(tmp_path / "other")
    _well(other, "import", tmp_path / "case.zip")
    assert stands(other)


def test_what_was_said_is_taken_back(archive):
    """Then what the machine read counts again; `none` says that there is nothing."""
    read = _case(archive).documents[1]
    _well(archive, "correct", CASE, "--document", "2", "--kind", "summons", "--date", "none", "--court", "none")
    document = _case(archive).documents[1]
    assert (document.best_value(FactName.DATE), document.all_of(FactName.COURT)) == ("", ())
    _well(archive, "correct", CASE, "--document", "2", "--kind", "machine", "--date", "machine")
    document = _case(archive).documents[1]
    assert (document.kind, document.kind_by) == (read.kind, "")
    assert document.best_value(FactName.DATE) == "1964-12-06"
    _well(archive, "correct", CASE, "--document", "2", "--kind", "none")
    assert _case(archive).documents[1].kind == "unknown"


def test_a_wrong_cut_is_mended_and_mended_again(archive):
    """Each document has a PDF of its own pages; its corrections stay with its first page."""
    _well(archive, "correct", CASE, "--document", "1", "--kind", "complaint")
    _well(archive, "correct", CASE, "--document", "2", "--kind", "summons")
    printed = _well(archive, "split", CASE, "--document", "2", "--page", "2")
    assert "3. papers, page 3, 1 page: " in printed
    assert _cuts(archive) == [[1], [2], [3]]
    folder = archive.archive / "bags" / "box" / CASE / "data" / "documents"
    assert sorted(file.name for file in folder.iterdir()) == ["001.pdf", "002.pdf", "003.pdf"]
    printed = _well(archive, "merge", CASE, "--document", "2")
    assert "do not count while the two documents are one: kind summons." in printed
    assert _cuts(archive) == [[1, 2], [3]]
    assert _case(archive).documents[0].kind == "complaint"
    with pikepdf.open(folder / "001.pdf") as pdf:
        assert len(pdf.pages) == 2
    _well(archive, "split", CASE, "--document", "1", "--page", "2")
    _well(archive, "merge", CASE, "--document", "3")
    assert _cuts(archive) == [[1], [2, 3]]
    assert [one.kind for one in _case(archive).documents] == ["complaint", "summons"]
    _well(archive, "verify")


def test_sides_that_were_scanned_one_by_one_are_one_document_and_can_be_parted(bannasar, tmp_path):
    """Its PDF has them all, and has the name of the first."""
    for name, lines in (("1.png", LETTER), ("2.png", ANNEX)):
        (tmp_path / "box" / "dossier").mkdir(parents=True, exist_ok=True)
        picture = render_page(lines, face="Liberation Serif", size=13, dpi=150)
        Image.fromarray(picture).save(tmp_path / "box" / "dossier" / name, dpi=(150, 150))
    _well(bannasar, "run", tmp_path / "box")
    bag = bannasar.archive / "bags" / "box" / "box_dossier" / "data"

    def stands():
        documents = CaseFile.model_validate_json((bag / "case.json").read_bytes()).documents
        for document in documents:
            with pikepdf.open(bag / "documents" / f"{document.number:03}.pdf") as pdf:
                assert len(pdf.pages) == len(document.pages)
        return [(document.title, len(document.pages)) for document in documents]

    assert stands() == [("1", 2)]
    assert {(hit["path"], hit["document"]) for hit in bannasar.json("search", "prévenu")["hits"]} == {
        ("dossier/1.png", 1),
        ("dossier/2.png", 1),
    }
    _well(bannasar, "split", "box_dossier", "--page", "2")
    assert stands() == [("1", 1), ("2", 1)]
    _well(bannasar, "merge", "box_dossier", "--document", "2")
    assert stands() == [("1", 2)]
    _well(bannasar, "verify")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["correct", CASE, "--document", "1"], "--kind, --date, --case-number or --court"),
        (["correct", CASE, "--kind", "summons"], "Name one with --document: 1, papers; 2, papers, page 2"),
        (["correct", CASE, "--document", "1", "--kind", "sumons"], "Similar ones are: summons"),
        (["correct", "nonsense", "--kind", "summons"], "holds no case file nonsense"),
        (["merge", CASE, "--document", "3"], "its documents are 1 to 2"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(archive, command, told):
    """With the values that are possible."""
    done = archive(*command)
    assert done.returncode == 1
    assert told in " ".join(done.stderr.split())
    assert len(_journal(archive)) == 1
    assert _case(archive).corrections == ()


def test_a_bag_that_was_spoilt_or_swapped_is_not_sealed_anew(archive):
    """A new seal would hide the change."""
    page = archive.archive / "bags" / "box" / CASE / "data" / "pages" / "0001" / "000001.json"
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"0.9", b"0.1", 1) + b" ")
    done = archive("correct", CASE, "--document", "1", "--kind", "summons")
    assert done.returncode == 2
    assert "is not as it was sealed" in done.stderr
    page.write_bytes(whole)
    file = archive.archive / "journal.jsonl"
    file.unlink()
    done = archive("correct", CASE, "--document", "1", "--kind", "summons")
    assert done.returncode == 2
    assert "not the case file that the journal records" in " ".join(done.stderr.split())
    assert _case(archive).corrections == ()
