"""What viewers of the IIIF are given: in scope, valid, and the pictures in exactly the sizes that are named."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.reading_room import SHAS, Visitor

CASE = "/case/box_judgment"
PAGE = f"{CASE}/scan/{SHAS['judgment'][:16]}/page/1"


@pytest.fixture(scope="module")
def models() -> Iterator[Any]:
    """Return the models of the IIIF Presentation API 3.0, which refuse invalid documents."""
    done = subprocess.run([ROOT / "script" / "iiif-models"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sys.path.append(done.stdout.strip())
    from iiif_models import skeleton  # noqa: PLC0415

    yield skeleton
    sys.path.remove(done.stdout.strip())


def asked(visitor: Visitor, path: str) -> Any:  # whatever JSON it is
    """Return the JSON at an address."""
    answer = visitor.get(path)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/ld+json")
    return json.loads(answer.content)


def test_every_address_of_a_manifest_answers(operator: Visitor) -> None:
    """From the manifest to pictures, text and search: all under the name that the viewer used."""
    found = asked(operator, f"{CASE}/iiif/manifest.json")
    root = f"http://127.0.0.1:{operator.port}"
    assert found["id"] == f"{root}{CASE}/iiif/manifest.json"
    assert [one["label"] for one in found["structures"]] == [{"none": ["សាលក្រម"]}]
    canvas = found["items"][0]
    body = canvas["items"][0]["items"][0]["body"]
    addresses = [found["homepage"][0]["id"], found["rendering"][0]["id"], canvas["annotations"][0]["id"], body["id"]]
    addresses += [f"{body['service'][0]['id']}/info.json", f"{found['service'][0]['id']}?q=tribunal"]
    for address in addresses:
        assert address.startswith(root)
        assert operator.get(address.removeprefix(root)).status == 200, address


@pytest.mark.slow
def test_the_manifest_is_valid(operator: Visitor, models: Any) -> None:  # a module
    """Against the models of the API; so are the text and the hits."""
    models.Manifest.model_validate(asked(operator, f"{CASE}/iiif/manifest.json"))
    models.AnnotationPage.model_validate(asked(operator, f"{PAGE}/text.json"))
    models.AnnotationPage.model_validate(asked(operator, f"{CASE}/iiif/search?q=tribunal"))


def test_pictures_have_the_sizes_that_are_named(operator: Visitor) -> None:
    """Each to the pixel; another size, a part, a turn are not served."""
    info = asked(operator, f"{PAGE}/image/info.json")
    assert (info["profile"], info["type"]) == ("level0", "ImageService3")
    assert len(info["sizes"]) == 2
    for size in info["sizes"]:
        picture = operator.get(f"{PAGE}/image/full/{size['width']},{size['height']}/0/default.jpg")
        assert Image.open(io.BytesIO(picture.content)).size == (size["width"], size["height"])
    largest = Image.open(io.BytesIO(operator.get(f"{PAGE}/image/full/max/0/default.jpg").content))
    assert largest.size == (info["width"], info["height"]) == (827, 1169)
    for wrong in ("161,226", "160,", "pct:50", "^max", "0,0"):
        assert operator.get(f"{PAGE}/image/full/{wrong}/0/default.jpg").status == 400
    for wrong in ("square/max/0/default.jpg", "full/max/90/default.jpg", "full/max/0/gray.png"):
        assert operator.get(f"{PAGE}/image/{wrong}").status == 404


def test_hits_are_annotations_where_they_stand(operator: Visitor) -> None:
    """On both pages of the case file, with the word; nothing of other case files."""
    found = asked(operator, f"{CASE}/iiif/search?q=tribunal&user=x")
    assert found["ignored"] == ["user"]
    assert [one["body"]["value"] for one in found["items"]] == ["tribunal", "tribunal"]
    root = f"http://127.0.0.1:{operator.port}"
    targets = [urlsplit(one["target"].removeprefix(root)) for one in found["items"]]
    assert [target.path for target in targets] == [f"{PAGE}/canvas", f"{PAGE[:-1]}2/canvas"]
    assert targets[0].fragment == "xywh=80,143,72,24"
    assert asked(operator, f"{CASE}/iiif/search?q=nonsensenonsense")["items"] == []
    assert operator.get(f"{CASE}/iiif/search").status == 400


@pytest.mark.parametrize(
    "ending", ["/iiif/manifest.json", "/iiif/search?q=tribunal", "{page}/text.json", "{page}/image",
               "{page}/image/info.json", "{page}/image/full/max/0/default.jpg",
               "{page}/image/full/160,226/0/default.jpg"],
)  # fmt: skip
def test_a_stranger_gets_nothing(operator: Visitor, stranger: Visitor, ending: str) -> None:
    """No viewer either, for what is public as for the rest; no other site may read an answer."""
    path = f"/case/box_letter{ending}".format(page=f"/scan/{SHAS['letter'][:16]}/page/1")
    asked_to_sign_in = stranger.get(path)
    assert (asked_to_sign_in.status, asked_to_sign_in.headers["Location"].partition("?")[0]) == (303, "/sign-in")
    answer = operator.get(path, {"Origin": "https://viewer.example"})
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_khmer_query_is_in_the_address_of_the_answer(operator: Visitor) -> None:
    """So that a viewer can go on from it."""
    words = quote("សាលក្រម")
    assert asked(operator, f"{CASE}/iiif/search?q={words}")["id"].endswith(f"/iiif/search?q={words}")
