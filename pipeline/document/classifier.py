"""The classifier of the kinds of documents and of their first pages: linear, read from one small file.

``bannasar train`` and ``script/train-kinds`` write such a file (:mod:`pipeline.document.training`); here it is only
read and used. Its arrays are plain numbers and text: nothing in it is run.
"""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.settings import DocumentSettings
from pipeline.document.features import Features

FORMAT = 1
SHIPPED = Path(__file__).with_name("kinds.npz")
"""The model that comes with the program."""


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A multinomial logistic regression.

    ``columns`` has the place of each feature it knows; ``weights`` is ``(features, classes)``, ``bias`` ``(classes,)``;
    ``temperature`` divides the scores, so that a share of p is right of the answers with probability p.
    """

    classes: tuple[str, ...]
    columns: dict[str, int]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float

    def probabilities(self, features: Features) -> dict[str, float]:
        """Return the probability of each class."""
        known = [(self.columns[name], value) for name, value in features.items() if name in self.columns]
        scores = self.bias.astype(np.float64)
        for column, value in known:
            scores = scores + value * self.weights[column]
        scores = np.exp((scores - scores.max()) / self.temperature)
        return dict(zip(self.classes, (scores / scores.sum()).tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The classifiers of kinds (classes as trained), of first pages ("yes", "no") and of roles ("own", "other").

    ``taught_with`` names the documents of archives that it was trained with, in addition to made ones.
    """

    kinds: Linear
    begins: Linear
    roles: Linear
    taught_with: frozenset[str] = frozenset()


def model_in_use(settings: DocumentSettings) -> Path:
    """Return the file of the model in use."""
    return Path(settings.model) if settings.model else SHIPPED


@lru_cache(maxsize=4)
def read_model(file: Path) -> Model:
    """Return the model of a file.

    Raises:
        ModelError: it cannot be used.
    """
    try:
        with np.load(file, allow_pickle=False) as held:
            if int(held["format"]) != FORMAT:
                raise ModelError(f"The model {file} is of format {held['format']}, not {FORMAT}. Train it again.")
            return Model(
                _linear(held, "kinds"),
                _linear(held, "begins"),
                _linear(held, "roles"),
                frozenset(_unpacked(held["taught_with"])),
            )
    except (OSError, KeyError, zipfile.BadZipFile, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"The model {file} cannot be used ({error}). Train it again with `bannasar train`, or leave"
            " document.model empty."
        ) from error


def write_model(model: Model, file: Path) -> None:
    """Write a model, completely or not at all.

    Raises:
        OSError: it cannot be written.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT),
        "taught_with": _packed(sorted(model.taught_with)),
    }
    for name, linear in (("kinds", model.kinds), ("begins", model.begins), ("roles", model.roles)):
        arrays |= {
            f"{name}.classes": _packed(linear.classes),
            f"{name}.columns": _packed(linear.columns),
            f"{name}.weights": linear.weights.astype(np.float16),
            f"{name}.bias": linear.bias.astype(np.float32),
            f"{name}.temperature": np.array(linear.temperature),
        }
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # its stub takes no mapping of generics
    part.replace(file)


def _packed(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _unpacked(held: NDArray[np.uint8]) -> list[str]:
    return held.tobytes().decode().split("\n")


def _linear(held: "np.lib.npyio.NpzFile", name: str) -> Linear:
    return Linear(
        tuple(_unpacked(held[f"{name}.classes"])),
        {column: place for place, column in enumerate(_unpacked(held[f"{name}.columns"]))},
        held[f"{name}.weights"].astype(np.float32),
        held[f"{name}.bias"],
        float(held[f"{name}.temperature"]),
    )
