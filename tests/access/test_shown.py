"""Functions that show content: hidden content answers like missing content, and what is shown is recorded."""

import dataclasses
import os
from pathlib import Path

import pytest

from models.actor import Actor
from models.errors import AuditUnusableError, NotAllowedError, NotFoundError
from models.hit import Hit
from models.level import Level
from models.page import Rect
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import Role
from pipeline.formats.registry import formats
from pipeline.services import certify, export, seal, text_export
from pipeline.services.box_report import box_reports
from pipeline.services.html_report import html_report
from pipeline.services.pictures import draw_hit
from pipeline.services.review import review_queue
from pipeline.services.seal import Part, Why
from tests.access.conftest import SHA, person

ALTO = next(form for form in formats() if form.name == "alto")


def _hit(case, page=2):
    values = {name: default.default for name, default in Hit.model_fields.items() if not default.is_required()}
    return Hit.model_construct(
        **values | {"case": case, "box": "box", "document": 1, "scan": SHA, "page": page, "boxes": (Rect(1, 1, 9, 9),)}
    )


SHOWING = {
    "pdf": export.export_documents,
    "files": lambda archive, asker, case, to: export.export_files(archive, asker, case, ALTO, to),
    "iiif": lambda archive, asker, case, to: export.export_iiif(archive, asker, case, to, "https://x.example"),
    "bag": export.export_bag,
    "certificate": lambda archive, asker, case, to: certify.certify(archive, asker, case, to / "c.pdf"),
    "picture": lambda archive, asker, case, to: draw_hit(archive, asker, _hit(case), to / "p.jpg"),
    "level": lambda archive, asker, case, _to: seal.levels_of(archive, asker, case),
}


@pytest.mark.parametrize("part", [Part(), Part(1), Part(1, 2)], ids=["case file", "document", "page"])
@pytest.mark.parametrize("showing", SHOWING)
def test_what_is_sealed_answers_as_what_is_not_there(archive, operator, archivist, showing, part, tmp_path):
    """Also if only a document or a page of it is sealed: nothing of the whole is given out."""
    (tmp_path / "to").mkdir()
    seal.set_level(archive, operator, "box_a", part, Level.SEALED, Why("x"))
    answers = []
    for case in ("box_a", "box_z"):
        with pytest.raises(NotFoundError) as refused:
            SHOWING[showing](archive, archivist, case, tmp_path / "to")
        answers.append(str(refused.value).replace(case, "…"))
    assert answers[0] == answers[1]
    assert list((tmp_path / "to").iterdir()) == []
    SHOWING[showing](archive, operator, "box_a", tmp_path / "to")


@pytest.mark.parametrize("showing", sorted(set(SHOWING) - {"level"}))
def test_who_was_shown_what_is_written_down(archive, archivist, showing, tmp_path):
    (tmp_path / "to").mkdir()
    SHOWING[showing](archive, archivist, "box_a", tmp_path / "to")
    last = AuditLog(archive.folder).last()
    assert last is not None
    assert last.by == "dara"
    assert last.deed in {Deed.EXPORTED, Deed.OPENED, Deed.PRINTED}
    assert last.what.startswith("box_a/")


@pytest.mark.parametrize("showing", sorted(set(SHOWING) - {"level"}))
def test_nothing_but_what_is_public_is_shown_while_it_cannot_be_written_down(
    archive, archivist, showing, tmp_path, monkeypatch
):
    (tmp_path / "to").mkdir()
    seal.set_level(archive, archivist, "box_a", Part(), Level.REGISTERED, Why("x"))
    real = os.fsync

    def full(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == "audit.jsonl":
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AuditUnusableError):
        SHOWING[showing](archive, archivist, "box_a", tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []
    seal.set_level(archive, archivist, "box_a", Part(), Level.PUBLIC, Why("x"))
    SHOWING[showing](archive, archivist, "box_a", tmp_path / "to")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_only_look_takes_no_copies(archive, archivist, role, tmp_path):
    seal.set_level(archive, archivist, "box_a", Part(), Level.PUBLIC, Why("x"))
    for showing in ("pdf", "files", "iiif", "bag", "certificate"):
        with pytest.raises(NotAllowedError):
            SHOWING[showing](archive, person("x", role), "box_a", tmp_path / "to")
    with pytest.raises(NotAllowedError):
        text_export.export_text(archive, person("x", role), tmp_path / "to")


def test_texts_and_review_leave_out_what_is_out_of_sight(archive, operator, archivist, tmp_path):
    assert text_export.export_text(archive, archivist, tmp_path / "a").written == 1
    assert [item.number for item in review_queue(archive, archivist, None, 1.0, print).items] == [1, 2]
    seal.set_level(archive, operator, "box_a", Part(1, 2), Level.SEALED, Why("x"))
    assert text_export.export_text(archive, archivist, tmp_path / "b").written == 0
    assert [item.number for item in review_queue(archive, archivist, None, 1.0, print).items] == [2]
    assert text_export.export_text(archive, operator, tmp_path / "c").written == 1


def test_a_box_of_which_something_is_sealed_is_reported_to_operators_only(archive, operator, archivist):
    assert [report.id for report in box_reports(archive, archivist)] == ["box"]
    seal.set_level(archive, operator, "box_a", Part(1, 2), Level.SEALED, Why("x"))
    assert box_reports(archive, archivist) == []
    answers = []
    for box in ("box", "nowhere"):
        with pytest.raises(NotFoundError) as refused:
            html_report(archive, archivist, box, 0)
        answers.append(str(refused.value).replace(f"box {box}.", "box …."))
    assert answers[0] == answers[1]
    assert html_report(archive, operator, "box", 0)


def test_a_withdrawn_case_file_is_shown_to_operators_only(archive, operator, archivist, tmp_path):
    from pipeline.services import withdraw  # noqa: PLC0415

    withdraw.withdraw(archive, operator, "box_a", "an order")
    with pytest.raises(NotFoundError):
        export.export_bag(archive, archivist, "box_a", tmp_path / "to")
    assert export.export_bag(archive, operator, "box_a", tmp_path / "to").exists()


def test_an_operator_who_may_only_read_the_archive_leaves_no_line(archive, operator, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    nobody = dataclasses.replace(operator, actor=Actor(name="copy@host", kind=operator.actor.kind))
    export.export_files(archive, nobody, "box_a", ALTO, tmp_path / "to")
    assert not (archive.folder / "audit.jsonl").exists()
