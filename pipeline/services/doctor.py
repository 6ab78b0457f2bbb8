"""Whether this machine has what a run needs, and how to fix what it lacks."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import GlossaryError, LedgerError, ModelError
from models.plural import number_of
from models.settings import PageSettings, Settings
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.document.classifier import model_in_use, read_model
from pipeline.document.glossary import read_names
from pipeline.page.recogniser import About, about, named


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked; ``fix`` says how to fix it if it is not well."""

    name: str
    well: bool
    found: str
    fix: str = ""


def examine(settings: Settings, asker: Asker) -> Iterator[Check]:
    """Yield the checks one after another; raises NotAllowedError if the asker may not."""
    asker.must_be_allowed(Action.MAINTAIN)
    yield from _recogniser(settings.page)
    yield _program("poppler", ["pdftoppm", "-v"], "poppler-utils")
    yield _program("tiffcp", ["tiffcp", "-h"], "libtiff-tools")
    yield _program("file", ["file", "--version"], "file")
    yield _fonts()
    yield _sqlite()
    yield _glossary(Path(settings.document.glossary))
    yield _classifier(model_in_use(settings.document))
    yield _disk(settings.archive, settings.run.free_gigabytes)
    yield _archive(settings)


def _recogniser(settings: PageSettings) -> Iterator[Check]:
    """Yield the checks of the programs and models that read pages."""
    for name in named(settings):
        yield from _one_recogniser(about(name), settings)


def _one_recogniser(known: About, settings: PageSettings) -> Iterator[Check]:
    for program, package in known.programs.items():
        if shutil.which(program) is None:
            yield Check(program, well=False, found="not installed", fix=f"apt-get install {package}")
            return
    for name, version in known.versions().items():
        yield Check(name, well=True, found=version)
    for model in known.models(settings):
        there = model.file.is_file()
        found = f"{'in' if there else 'not in'} {model.file.parent}"
        fix = f"apt-get install {model.package}" if model.package else "Install Bannasar again: it includes this model."
        yield Check(f"model {model.name}", well=there, found=found, fix=fix)


def _program(name: str, command: list[str], package: str) -> Check:
    fix = f"apt-get install {package}"
    if shutil.which(command[0]) is None:
        return Check(name, well=False, found="not installed", fix=fix)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return Check(name, well=done.returncode in {0, 99}, found=lines[0] if lines else "silent", fix=fix)


def _fonts() -> Check:
    """Khmer fonts are needed to look at the results, and to render PDFs without embedded fonts."""
    fix = "apt-get install fontconfig fonts-khmeros"
    if shutil.which("fc-list") is None:
        return Check("Khmer fonts", well=False, found="fontconfig is not installed", fix=fix)
    done = subprocess.run(["fc-list", ":lang=km", "family"], capture_output=True, text=True, check=False, timeout=60)
    families = set(done.stdout.split("\n")) - {""}
    return Check("Khmer fonts", well=bool(families), found=f"{len(families)} families", fix=fix)


def _sqlite() -> Check:
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE probe USING fts5 (words)")
    except sqlite3.OperationalError as error:
        return Check(
            "SQLite FTS5", well=False, found=str(error), fix="Use a Python whose SQLite has FTS5 (Debian's has)."
        )
    finally:
        database.close()
    return Check("SQLite FTS5", well=True, found=sqlite3.sqlite_version)


def _glossary(folder: Path) -> Check:
    try:
        names = read_names(folder)
    except GlossaryError as error:
        return Check("glossary", well=False, found=str(error), fix="Correct it, or leave document.glossary empty.")
    kinds, courts = len(set(names.kinds.values())), len(set(names.courts.values()))
    found = f"{number_of(kinds, 'kind')} of document, {number_of(courts, 'court')}"
    return Check("glossary", well=True, found=found)


def _classifier(file: Path) -> Check:
    try:
        model = read_model(file)
    except ModelError as error:
        return Check("classifier", well=False, found=str(error))
    return Check("classifier", well=True, found=f"knows {len(model.kinds.classes)} kinds of document")


def _disk(archive: Path, least_gigabytes: float) -> Check:
    place = next(folder for folder in (archive, *archive.parents) if folder.exists())
    free = shutil.disk_usage(place).free / (1 << 30)
    found = f"{free:.1f} GB free at {place}, {least_gigabytes:g} GB needed"
    fix = "Make room, put the archive on another disk (--archive), or set run.free_gigabytes."
    return Check("disk", well=free >= least_gigabytes, found=found, fix=fix)


def _archive(settings: Settings) -> Check:
    archive = Archive(settings)
    if not archive.is_made:
        return Check("archive", well=True, found=f"none yet at {archive.folder}; the first run makes it")
    if not os.access(archive.folder, os.W_OK):
        return Check("archive", well=False, found=f"{archive.folder} cannot be written", fix="Correct its permissions.")
    try:
        with archive:
            boxes, waiting = len(archive.ledger.boxes()), len(archive.ledger.to_be_indexed())
    except LedgerError as error:
        fix = error.next_step or "Restore the ledger from your last copy of the archive."
        return Check("archive", well=False, found=error.sentence, fix=fix)
    found = number_of(boxes, "box", "boxes")
    if waiting:
        found += f", {number_of(waiting, 'case file waits', 'case files wait')} for the index"
    return Check("archive", well=not waiting, found=found, fix="Run any box again: what waits is indexed then.")
