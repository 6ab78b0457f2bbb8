"""Files for other programs to show or to read: IIIF and hOCR."""

import subprocess
import sys

import pytest
from ocrmypdf.hocrtransform import HocrParser

from pipeline.formats.hocr import hocr
from pipeline.formats.iiif import Files, manifest, text_of
from tests.conftest import ROOT

BASE = "https://archive.example/iiif/box_a"


@pytest.fixture(scope="module")
def models():
    """Return the models of the IIIF Presentation API 3.0, which refuse invalid documents."""
    done = subprocess.run([ROOT / "script" / "iiif-models"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sys.path.append(done.stdout.strip())
    from iiif_models import skeleton  # noqa: PLC0415

    yield skeleton
    sys.path.remove(done.stdout.strip())


@pytest.fixture
def pages(make):
    """Return two pages: words, and none."""
    return [make.page(["ព្រះ|រាជា ២១៤", "Le greffier"], number=1), make.page(number=2, blank=True)]


@pytest.mark.slow
def test_the_manifest_is_valid(make, pages, models):
    """Against the models of the API: a canvas for each page, a range for each document."""
    made = manifest(make.case(*pages), [page.outline for page in pages], Files(BASE))
    read = models.Manifest.model_validate(made)
    assert [canvas.height for canvas in read.items] == [1169, 1169]
    assert made["structures"][0]["items"] == [{"id": f"{BASE}/canvas/{n}", "type": "Canvas"} for n in (1, 2)]
    with pytest.raises(ValueError, match="height"):
        models.Canvas.model_validate({**made["items"][0], "height": "tall"})


@pytest.mark.slow
def test_each_line_is_an_annotation_where_it_stands(pages, models):
    """Khmer words are not separated."""
    made = text_of(pages[0], 1, Files(BASE))
    models.AnnotationPage.model_validate(made)
    first, second = made["items"]
    assert (first["body"]["value"], second["body"]["value"]) == ("ព្រះរាជា ២១៤", "Le greffier")
    box = pages[0].blocks[0].lines[0].box
    assert first["target"] == f"{BASE}/canvas/1#xywh={box.left},{box.top},{box.right - box.left},{box.bottom - box.top}"
    assert text_of(pages[1], 2, Files(BASE))["items"] == []


def test_hocr_is_read_by_others(pages, tmp_path):
    """OCRmyPDF's reader finds every word in its place, and its confidence."""
    (tmp_path / "a.hocr").write_bytes(hocr("x\x00", pages, ["a.jpg", ""]))
    read = HocrParser(tmp_path / "a.hocr").parse()
    words = [word for line in read.lines for word in line.children]
    expected = [word for block in pages[0].blocks for line in block.lines for word in line.words]
    assert [word.text for word in words] == [word.text for word in expected]
    boxes = [word.bbox for word in words if word.bbox]
    assert [tuple(round(edge) for edge in (box.left, box.top, box.right, box.bottom)) for box in boxes] == [
        tuple(word.box) for word in expected
    ]
    assert {round(word.confidence or 0, 2) for word in words} == {0.9}
