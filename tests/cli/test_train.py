"""`bannasar train` and `evaluate`: the classifier is trained with corrections, and measured on other documents."""

import json

import pytest
from sklearn.linear_model import LogisticRegression

from pipeline.document.classifier import read_model
from pipeline.document.labelled import read_papers

KINDS = {"judgment", "summons", "medical_report"}


@pytest.fixture
def few_papers(monkeypatch):
    """Let the classifier learn roughly, and from made papers of three kinds only: that takes seconds."""
    papers = [paper for paper in read_papers() if paper.kind in KINDS]
    monkeypatch.setattr("pipeline.services.training.read_papers", lambda: papers)
    monkeypatch.setattr("pipeline.document.training._regression", lambda: LogisticRegression(max_iter=10))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.usefixtures("few_papers")
def test_the_classifier_learns_what_people_said(archived, tmp_path):
    """The model is used once the setting names it, and is measured only on documents it was not trained with."""
    done = archived("train")
    assert done.returncode == 1
    assert "Nobody has entered the kind of a document yet" in done.stderr
    assert archived("evaluate").returncode == 1
    said = {"box_a.jpg": "medical_report", "box_b.jpg": "medical_report"}
    for case, kind in said.items():
        assert archived("correct", case, "--kind", kind).returncode == 0
    file = tmp_path / "own.npz"
    done = archived("train", "--to", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'model = "{file}"' in done.stdout.replace("\n", "")
    assert set(read_model(file).kinds.classes) >= KINDS
    assert len(read_model(file).taught_with) == 2

    own = {"BANNASAR_DOCUMENT__MODEL": str(file), "BANNASAR_DOCUMENT__KIND_THRESHOLD": "0.1"}
    done = archived("evaluate", **own)
    assert done.returncode == 1
    assert "nobody has entered the kind of a document that it was not trained with" in " ".join(done.stderr.split())
    done = archived("rerun", "--box", "box", "--stage", "describe", **own)
    assert done.returncode == 0
    assert "no page had to be read" in done.stdout
    record = archived.archive / "bags" / "box" / "box_c.jpg" / "data" / "case.json"
    assert json.loads(record.read_bytes())["documents"][0]["kind"] == "medical_report"

    assert archived("correct", "box_c.jpg", "--kind", "summons", **own).returncode == 0
    picture = tmp_path / "confusion.png"
    done = archived("evaluate", "--json", "--picture", picture, **own)
    told = json.loads(done.stdout)
    assert (told["documents"], told["right"]) == (1, 0.0)
    assert told["mistakes"] == [{"known": "summons", "taken": "medical_report", "count": 1}]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "1 × summons mistaken for medical" in archived("evaluate", **own).stdout


def test_a_model_that_cannot_be_used_stops_before_anything_is_read(archived, three_archived, tmp_path):
    """The message names the file and the way out."""
    (tmp_path / "spoilt.npz").write_bytes(b"PK\x03\x04 no model")
    for file in ("spoilt.npz", "missing.npz"):
        own = {"BANNASAR_DOCUMENT__MODEL": str(tmp_path / file)}
        for command, status in (
            (["evaluate"], 1),
            (["correct", "box_a.jpg", "--kind", "letter"], 1),
            (["run", three_archived / "box"], 3),
        ):
            done = archived(*command, **own)
            assert done.returncode == status
            assert file in done.stderr.replace("\n", "")
            assert "bannasar train" in " ".join(done.stderr.split())
