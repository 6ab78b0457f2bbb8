"""Files that anybody may give: the code of a certificate in a photograph that is not good."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from numpy.typing import NDArray
from PIL import Image

from pipeline.page.codes import read_codes
from pipeline.services.given_file import codes_in

CODE = f"https://archive.example/verify.html#BANNASAR1.{'aB3-' * 150}.{'x_9Z' * 20}"


def _page() -> NDArray[np.uint8]:
    """A page with a code of nine centimetres, at 150 dpi."""
    made = segno.make(CODE, error="m")
    stream = io.BytesIO()
    made.save(stream, kind="png", scale=530 // made.symbol_size(border=4)[0], border=4)
    page = Image.new("L", (1240, 1754), 250)
    with Image.open(stream) as code:
        page.paste(code.convert("L"), (120, 1050))
    return np.asarray(page)


def _photograph(*, turn: float, lean: float, blur: float, noise: float, dark: float) -> NDArray[np.uint8]:
    """Photograph the page, on a table: turned, from the side, out of focus, in bad light and a shadow."""
    page = _page()
    height, width = page.shape
    paper = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = paper - paper[2] / 2
    seen[0] *= 1 - lean
    seen[3] *= 1 - lean / 3
    angle = np.deg2rad(turn)
    seen = seen @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * 1.5 + 1500
    warp = cv2.getPerspectiveTransform(paper, seen.astype(np.float32))
    photo = cv2.warpPerspective(page, warp, (3000, 3000), borderValue=(110,)).astype(np.float32)
    shadow = np.ones_like(photo)
    cv2.fillPoly(shadow, [np.array([[0, 3000], [1200, 1200], [2000, 1400], [2700, 3000]], np.int32)], (0.5,))
    photo *= cv2.GaussianBlur(shadow, (0, 0), 25) * np.linspace(dark, 1, 3000)
    photo = cv2.GaussianBlur(photo, (0, 0), blur) + np.random.default_rng(7).normal(0, noise, photo.shape)
    return photo.clip(0, 255).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        {"turn": 20, "lean": 0.4, "blur": 1, "noise": 6, "dark": 0.4},
        {"turn": 200, "lean": 0.2, "blur": 1, "noise": 6, "dark": 0.1},
        {"turn": 70, "lean": 0.1, "blur": 2.2, "noise": 10, "dark": 0.5},
        {"turn": 5, "lean": 0.1, "blur": 1, "noise": 35, "dark": 0.4},
    ],
    ids=["from the side", "dark, upside down", "out of focus", "noisy"],
)
def test_a_code_is_read_from_a_bad_photograph(tmp_path: Path, how: dict[str, float]) -> None:
    """Each is as bad as a telephone makes it in a poor light."""
    Image.fromarray(_photograph(**how)).save(tmp_path / "photo.jpg", quality=60)
    assert read_codes(tmp_path / "photo.jpg", 60) == [CODE]


def test_it_is_read_in_a_sandbox(tmp_path: Path) -> None:
    """Which ends after a time, and has so much memory; here it has enough of both."""
    Image.fromarray(_page()).save(tmp_path / "page.png")
    assert codes_in(tmp_path / "page.png") == [CODE]


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "pdf"])
def test_it_is_read_from_each_kind_of_file(tmp_path: Path, ending: str) -> None:
    """As scanners and telephones make them."""
    Image.fromarray(_page()).save(tmp_path / f"page.{ending}", resolution=150)
    assert read_codes(tmp_path / f"page.{ending}", 60) == [CODE]


def test_what_is_no_picture_has_no_code(tmp_path: Path) -> None:
    """Nor does a picture that is far too large, however small its file is."""
    (tmp_path / "a.jpg").write_bytes(b"a text")
    assert read_codes(tmp_path / "a.jpg", 60) == []
    Image.new("1", (50_000, 5_000)).save(tmp_path / "large.png")
    assert read_codes(tmp_path / "large.png", 60) == []
