"""A small archive: one case file of two documents, the first of two pages, made once and copied for each test."""

import hashlib
import shutil
from datetime import UTC, datetime

import pytest

from models.actor import Actor, ActorKind
from models.case import Document
from models.page import PageRef
from pipeline.access.account import Account
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.archive.bag import bag_folder
from pipeline.archive.building import build_bag
from pipeline.archive.journal import Event
from pipeline.archive.placing import NewBag
from pipeline.services import keys
from tests.conftest import archive_settings, at_the_shell

CONTENT = b"the scan"
SHA = hashlib.sha256(CONTENT).hexdigest()
TEXTS = ("greffier", "tribunal", "huissier")
# The journal uses the clock of the machine.
NOW = datetime.now(UTC).replace(microsecond=0)
ROOT = Actor(name="root@host", kind=ActorKind.OPERATOR)


def person(name, role):
    """Return a person who is signed in and has no special grants."""
    return Asker.person(Account(name, role), NOW)


def settings_of(folder):
    """Return the settings of an archive whose key is next to it."""
    return archive_settings(folder, signing={"key_file": str(folder.parent / "key.pem")})


@pytest.fixture(scope="session")
def template(make, tmp_path_factory):
    """Return the folder of the archive and its key."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "archive").mkdir()
    (folder / "a.pdf").write_bytes(CONTENT)
    with Archive(settings_of(folder / "archive")) as archive:
        keys.make(archive, at_the_shell(ROOT))
        pages = [make.page([text], scan=SHA, number=number) for number, text in enumerate(TEXTS, 1)]
        refs = [PageRef(scan=SHA, number=page.number) for page in pages]
        documents = (
            Document(number=1, title="one", pages=tuple(refs[:2])),
            Document(number=2, title="two", pages=tuple(refs[2:])),
        )
        case = make.case(*pages).model_copy(update={"documents": documents})
        pictures = {(SHA, page.number): make.picture(page, folder / f"{page.number}.jpg") for page in pages}
        with archive.held():
            aside = build_bag(case, pages, {SHA: folder / "a.pdf"}, pictures, archive.folder)
            new = NewBag(aside, bag_folder(archive.folder, case))
            archive.commits.place(Event.ARCHIVED, new, ROOT)
    return folder


@pytest.fixture
def archive(template, tmp_path):
    """Return a copy of it, open."""
    for name in ("archive", "key.pem"):
        source = template / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    with Archive(settings_of(tmp_path / "archive")) as archive:
        yield archive


@pytest.fixture
def operator():
    """Return the operator at the shell."""
    return Asker.operator(ROOT, NOW)


@pytest.fixture
def reader():
    return person("sokha", Role.READER)


@pytest.fixture
def clerk():
    return person("chan", Role.CLERK)


@pytest.fixture
def archivist():
    return person("dara", Role.ARCHIVIST)


@pytest.fixture
def second_archivist():
    return person("vanna", Role.ARCHIVIST)
