"""How the pictures of pages are compressed: form, size, likeness to the scan, and CPU seconds."""

import io
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from config.settings import load
from models.errors import ScanError
from models.settings import Settings
from pipeline.formats.compress import compressed
from pipeline.intake.inspect import inspect
from pipeline.page.picture import Pixels
from pipeline.page.render import render
from pipeline.page.upright import Upright

_SKEW = 0.7


def measure(folders: Sequence[Path]) -> None:
    """Compress the pages of each folder, leaning by 0.7 degrees, and print what became of them."""
    settings = load()
    table = Table("folder", "pages", "forms", "kB a page", "likeness, dB", "the least", "CPU s a page")
    for folder in folders:
        forms, sizes, likenesses, spent = Counter[str](), [], [], []
        for file in sorted(folder.iterdir()):
            page = _page(file, settings)
            if page is None:
                continue
            begun = time.process_time()
            content = compressed(page, settings.pdf.jpeg_quality, settings.pdf.kilobytes)
            spent.append(time.process_time() - begun)
            sizes.append(len(content) / 1000)
            with Image.open(io.BytesIO(content)) as image:
                forms[str(image.format)] += 1
                likenesses.append(_likeness(image, page.at(1)))
        if sizes:
            kinds = ", ".join(f"{count} {form}" for form, count in forms.most_common())
            means = (f"{np.mean(sizes):.0f}", f"{np.mean(likenesses):.2f}", f"{min(likenesses):.2f}")
            table.add_row(str(folder), str(len(sizes)), kinds, *means, f"{np.mean(spent):.3f}")
    Console().print(table, f"load {os.getloadavg()[0]:.0f}")


def _page(file: Path, settings: Settings) -> Upright | None:
    dpi = settings.page.dpi
    try:
        kind, _ = inspect(file, settings.limits, dpi)
        return Upright(render(file, kind, 1, dpi, settings.limits.page_seconds), 0, _SKEW)
    except ScanError:
        return None


def _likeness(image: Image.Image, whole: Pixels) -> float:
    """Return the peak signal-to-noise ratio of a picture to the page as scanned, at its resolution, turned upright."""
    size = (whole.shape[1], whole.shape[0])
    shown = image.convert("L" if whole.ndim == 2 else "RGB").resize(size, Image.Resampling.LANCZOS)
    error = np.mean((np.asarray(shown).astype(np.float32) - whole) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-3)))
