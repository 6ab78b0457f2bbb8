"""Pictures of lines with their texts in the file that ``lstmtraining`` reads."""

import struct
from collections.abc import Iterable
from pathlib import Path

import cv2

from samples.training.pictures import Sample


def write_lstmf(samples: Iterable[Sample], path: Path) -> None:
    """Write samples as Tesseract 5.3's ``DocumentData::SaveDocument`` does, each a page with one line and no boxes."""
    pages = [_page(sample) for sample in samples]
    path.write_bytes(struct.pack("<I", len(pages)) + b"".join(pages))


def _page(sample: Sample) -> bytes:
    picture = cv2.imencode(".png", sample.pixels)[1].tobytes()
    name, number, language, boxes, box_texts = b"\0" * 4, b"\0" * 4, b"\0" * 4, b"\0" * 4, b"\0" * 4
    there, upright = b"\1", b"\0"
    text = sample.text.encode()
    return b"".join((there, name, number, _sized(picture), language, _sized(text), boxes, box_texts, upright))


def _sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
