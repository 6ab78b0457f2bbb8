"""`bannasar sheets`: printed sheets, put into a stack and scanned, divide it into its documents."""

import subprocess

import numpy as np
import pikepdf
import pytest
from PIL import Image

from models.scan import Kind
from pipeline.archive.bag import bags, read_bag
from pipeline.archive.fixity import verify_bag
from pipeline.archive.ledger import Ledger
from pipeline.page.render import render
from samples.age import age
from samples.typeset import render_page


def test_a_stack_with_two_sheets_comes_out_as_three_documents_and_the_sheets(bannasar, tmp_path):
    """Each has a PDF of its own; the second has the kind and the number that its sheet says; searches find no sheet."""
    pictures = [_page("Il a plu toute la nuit", lines=24), _page("Il a plu toute la nuit", lines=9)]
    pictures += [_printed(bannasar, tmp_path / "a.pdf", "--kind", "complaint", "--case", "458/98")]
    pictures += [_page("Monsieur le procureur"), _printed(bannasar, tmp_path / "b.pdf"), _page("La lettre du maire")]
    box = tmp_path / "box"
    box.mkdir()
    images = [Image.fromarray(picture) for picture in pictures]
    images[0].save(box / "stack.pdf", save_all=True, append_images=images[1:], resolution=150)
    done = bannasar("run", box)
    assert done.returncode == 0, done.stderr
    (bag,) = bags(bannasar.archive)
    case, pages = read_bag(bag)
    assert [([ref.number for ref in one.pages], one.kind) for one in case.documents] == [
        ([1, 2], "unknown"),
        ([3], "separator"),
        ([4], "complaint"),
        ([5], "separator"),
        ([6], "unknown"),
    ]
    assert [fact.value for fact in case.documents[2].facts] == ["458/98"]
    for document in case.documents:
        with pikepdf.open(bag / "data" / "documents" / f"{document.number:03}.pdf") as pdf:
            assert len(pdf.pages) == len(document.pages)
    assert len(pages) == 6
    assert verify_bag(bag) == []
    with Ledger(bannasar.archive) as ledger:
        told = ledger.account("box")
    assert (told.pages, told.archived, told.failed) == (6, 6, 0)
    assert _found(bannasar, "procureur") == [4]
    assert _found(bannasar, "case:458/98") == [4]
    assert _found(bannasar, "séparation") == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--kind", "nonsense"], "no kind nonsense"),
        (["--case", "1" * 61], "60 characters"),
        (["--count", "0"], "--count"),
        (["--to", "there.pdf"], "is there already"),
    ],
)
def test_what_cannot_be_printed_is_refused(bannasar, tmp_path, options, told):
    """With a sentence, and no file."""
    (tmp_path / "there.pdf").write_text("kept")
    done = _sheets(bannasar, "--to", "sheets.pdf", *options)
    assert done.returncode == 1
    assert told in done.stderr.replace("\n", " ")
    assert not (tmp_path / "sheets.pdf").exists()
    assert (tmp_path / "there.pdf").read_text() == "kept"


def _sheets(bannasar, *arguments):
    """Print sheets: that needs no archive."""
    command = bannasar.command("sheets", *arguments)[:-2]
    folder, environment = bannasar.archive.parent, bannasar.environment()
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, cwd=folder, timeout=100, check=False
    )


def _found(bannasar, query):
    return [hit["page"] for hit in bannasar.json("search", query)["hits"]]


def _page(text, lines=4):
    return age(render_page([text] * lines, "Liberation Serif", 14, 150), np.random.default_rng(1), 0.5)


def _printed(bannasar, file, *options):
    done = _sheets(bannasar, "--to", file, *options)
    assert done.returncode == 0, done.stderr
    picture = Image.fromarray(render(file, Kind.PDF, 1, 300, 60.0).pixels)
    clean = np.asarray(picture.resize((1240, 1754), Image.Resampling.BOX))
    return age(clean, np.random.default_rng(2), 0.5)
