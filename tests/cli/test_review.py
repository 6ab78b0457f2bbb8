"""`bannasar review`: what a person should look at, the least confident first; `bannasar kinds`."""

import json

import pikepdf

from config.settings import GLOSSARY
from pipeline.text.dates import IMPOSSIBLE, NO_CENTURY
from tests.cli.conftest import write_page
from tests.page import raw_pdf


def _data(bannasar, name):
    return bannasar.archive / "bags" / "box" / f"box_{name}.jpg" / "data"


def _describe(bannasar, name, *dates):
    """Make a document's kind certain, and give it these dates: value, probability that it is its own date, doubt."""
    file = _data(bannasar, name) / "case.json"
    case = json.loads(file.read_bytes())
    (document,) = case["documents"]
    scan = document["pages"][0]["scan"]
    document |= {"kind": "judgment", "kind_read": "judgment", "kind_confidence": 0.99}
    document["facts"] = [
        {"name": "date", "value": value, "text": value or "31/04/98", "scan": scan, "page": 1, "boxes": []}
        | {"confidence": confidence, "doubt": doubt}
        for value, confidence, doubt in dates
    ]
    file.write_text(json.dumps(case), "utf-8")


def test_what_the_machine_is_not_sure_of_is_listed_the_least_sure_first(bannasar, tmp_path):
    """With the reason, the file, and what to type; a correction takes a document off the list."""
    for name, line in (("a", "Le témoin a vu la rizière"), ("b", "Monsieur le procureur"), ("c", "Le riz est rare")):
        write_page(tmp_path / "box" / f"{name}.png", line)
    assert bannasar("run", tmp_path / "box").returncode == 0
    found = bannasar.json("review")["documents"]
    assert {one["case"] for one in found} == {"box_a.png", "box_b.png", "box_c.png"}
    assert [one["confidence"] for one in found] == sorted(one["confidence"] for one in found)
    printed = bannasar("review", "--limit", "1").stdout
    first = found[0]
    assert printed.startswith(f"{first['case']}, document 1: ")
    assert f"{first['kind_read']}, confidence {first['confidence']:.0%}" in printed
    assert f"bags/box/{first['case']}/data/documents/001.pdf" in printed
    assert f"bannasar correct {first['case']} --document 1 --kind …" in printed
    assert "1 of 3 documents that wait for review." in printed
    assert bannasar("correct", first["case"], "--kind", first["kind_read"]).returncode == 0
    assert [one["case"] for one in bannasar.json("review")["documents"]] == [one["case"] for one in found[1:]]


def test_a_date_that_cannot_be_is_listed_until_somebody_says_what_it_is(bannasar, tmp_path):
    """With the words it was read from, and a command that a shell understands."""
    write_page(tmp_path / "box" / "acte de vente.png", "Fait à Kampot, le 31 avril 1998")
    assert bannasar("run", tmp_path / "box").returncode == 0
    (found,) = bannasar.json("review", "--box", "box")["documents"]
    assert any("31 avril 1998" in why for why in found["why"])
    printed = bannasar("review").stdout
    assert "bannasar correct 'box_acte de vente.png' --document 1" in printed
    assert "--date …" in printed
    assert bannasar("correct", "box_acte de vente.png", "--date", "1998-04-30", "--kind", "letter").returncode == 0
    assert bannasar.json("review")["documents"] == []
    assert "Nothing waits for review" in bannasar("review").stdout


def test_a_doubtful_date_counts_as_far_as_it_may_be_the_papers_own(archived):
    """Not if the date is only mentioned, and not if the paper's other dates show its century."""
    _describe(archived, "a", ("1998-03-02", 0.95, ""), ("", 0.01, IMPOSSIBLE))
    _describe(archived, "b", ("1998-03-02", 0.2, ""), ("", 0.9, IMPOSSIBLE))
    _describe(archived, "c", ("1998-03-02", 0.3, ""), ("1998-02-04", 0.9, NO_CENTURY))
    (found,) = archived.json("review")["documents"]
    assert (found["case"], found["confidence"]) == ("box_b.jpg", 0.1)
    assert "bannasar correct box_b.jpg --document 1 --date …\n" in archived("review").stdout


def test_what_of_a_document_is_not_read_is_listed_until_somebody_has_seen_it(bannasar, tmp_path):
    """For any kind of document; `show` reports it, too, and the scan does not have full confidence."""

    def attach(pdf, _page):
        pdf.attachments["secret.txt"] = pikepdf.AttachedFileSpec(pdf, b"1")

    (tmp_path / "box").mkdir()
    hidden = "1 g BT /F1 12 Tf 30 100 Td (SOKDARA) Tj ET"
    raw_pdf.write(tmp_path / "box" / "a.pdf", raw_pdf.BODY + hidden, attach)
    assert bannasar("run", tmp_path / "box").returncode == 0
    told = ["1 attached file is not read", "1 word that viewers do not show is left out"]
    (found,) = bannasar.json("review")["documents"]
    assert found["confidence"] == 0
    assert found["unread"] == [f"a.pdf, page 1: {remark}" for remark in told]
    printed = bannasar("review").stdout
    assert all(remark in printed for remark in told)
    assert "bannasar correct box_a.pdf --document 1 --kind …" in printed
    (scan,) = bannasar.json("show", "a.pdf")["scans"]
    assert scan["pages"][0]["unread"] == told
    assert scan["scan"]["confidence"] < 1
    shown = bannasar("show", "a.pdf").stdout
    assert "secret" not in shown
    assert "SOKDARA" not in shown
    assert "100.0 %" not in shown
    assert bannasar("correct", "box_a.pdf", "--kind", "letter").returncode == 0
    assert bannasar.json("review")["documents"] == []


def test_a_bag_that_cannot_be_read_is_left_out_and_named(archived):
    """The others are listed, and used for training, anyway."""
    for name in "bc":
        assert archived("correct", f"box_{name}.jpg", "--kind", "letter").returncode == 0
    _describe(archived, "c", ("", 0.9, IMPOSSIBLE))
    record = _data(archived, "a") / "case.json"
    record.write_bytes(record.read_bytes()[:100])
    (_data(archived, "b") / "pages" / "0001" / "000001.json").unlink()
    told = archived.json("review")
    assert [one["case"] for one in told["documents"]] == ["box_c.jpg"]
    assert told["left_out"] == ["bags/box/box_a.jpg"]
    done = archived("evaluate", "--json")
    assert json.loads(done.stdout)["documents"] == 1
    for name in "ab":
        assert f"bags/box/box_{name}.jpg" in done.stderr
    assert "bannasar verify" in done.stderr


def test_a_box_that_is_not_there_is_named(archived):
    """And nothing is listed."""
    done = archived("review", "--box", "nonsense")
    assert done.returncode == 1
    assert "nonsense" in done.stderr


def test_the_kinds_of_the_glossary_are_listed_with_their_titles(bannasar):
    """For people and for scripts."""
    told = bannasar.json("kinds")["kinds"]
    assert len(told) >= 30
    assert "សាលក្រម" in told["judgment"]["km"]
    assert "judgment" in bannasar("kinds").stdout


def test_a_kind_that_the_classifier_was_not_trained_with_is_named_so(bannasar, tmp_path):
    """It is recognised only by its titles and phrases, and the command says so."""
    for name in ("kinds.toml", "courts.toml"):
        (tmp_path / name).write_bytes((GLOSSARY / name).read_bytes())
    with (tmp_path / "kinds.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[bail_receipt]\nen = ["Bail receipt"]\npapers = false\n')
    own = {"BANNASAR_DOCUMENT__GLOSSARY": str(tmp_path)}
    told = json.loads(bannasar("kinds", "--json", **own).stdout)["kinds"]
    assert [kind for kind, named in told.items() if not named["trained"]] == ["bail_receipt"]
    assert "Not trained, recognised by titles and phrases only: bail_receipt." in bannasar("kinds", **own).stdout
    assert "Not trained" not in bannasar("kinds").stdout
