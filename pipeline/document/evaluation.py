"""How well the classifier works: its predictions compared with the known kinds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.page import Page
from pipeline.document.classifier import Linear
from pipeline.document.glossary import Names
from pipeline.document.kinds import KindPrediction, kind_of
from pipeline.document.learning import learning_libraries
from pipeline.document.sketch import Sketch

with learning_libraries():
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay, f1_score


@dataclass(frozen=True, slots=True)
class Comparison:
    """Known kinds of documents, and the classifier's predictions; from ``threshold`` on, a prediction is used."""

    known: tuple[str, ...]
    read: tuple[KindPrediction, ...]
    threshold: float

    @property
    def right(self) -> float:
        """Share that is right, at any confidence."""
        return sum(known == read.kind for known, read in zip(self.known, self.read, strict=True)) / len(self.known)

    @property
    def macro_f1(self) -> float:
        """Mean over the kinds of the harmonic mean of precision and recall."""
        taken = [read.kind for read in self.read]
        return float(f1_score(self.known, taken, labels=sorted(set(self.known)), average="macro", zero_division=0))

    @property
    def covered(self) -> float:
        """Share with a confidence of the threshold or more."""
        return len(self._confident) / len(self.known)

    @property
    def precision(self) -> float:
        """Share that is right of those with a confidence of the threshold or more."""
        return (
            sum(known == read.kind for known, read in self._confident) / len(self._confident)
            if self._confident
            else 0.0
        )

    @property
    def mistakes(self) -> list[tuple[str, str, int]]:
        """Which kind was mistaken for which, and how often, the most frequent first."""
        pairs = Counter((known, read.kind) for known, read in zip(self.known, self.read, strict=True))
        return [(known, taken, count) for (known, taken), count in pairs.most_common() if known != taken]

    @property
    def _confident(self) -> list[tuple[str, KindPrediction]]:
        return [one for one in zip(self.known, self.read, strict=True) if one[1].confidence >= self.threshold]

    def as_json(self) -> dict[str, object]:
        """Return all of it for scripts."""
        return {
            "documents": len(self.known),
            "right": self.right,
            "macro_f1": self.macro_f1,
            "covered": self.covered,
            "precision": self.precision,
            "mistakes": [{"known": known, "taken": taken, "count": count} for known, taken, count in self.mistakes],
        }


def compare(
    documents: Sequence[tuple[str, Sequence[Page]]], names: Names, model: Linear, threshold: float
) -> Comparison:
    """Ask the classifier about documents whose kind is known.

    Args:
        documents: the kind and the pages of each.
        names: the glossary.
        model: the classifier.
        threshold: the least confidence at which a prediction is used, 0–1.
    """
    read = tuple(kind_of([Sketch(page, names) for page in pages], model) for _, pages in documents)
    return Comparison(tuple(kind for kind, _ in documents), read, threshold)


def draw(found: Comparison, file: Path) -> None:
    """Draw the confusion matrix: a row for what is known, a column for what was predicted.

    Raises:
        OSError: the picture cannot be written.
        ValueError: its file name does not end like a picture's.
    """
    labels = sorted({*found.known, *(read.kind for read in found.read)})
    inches = 3 + 0.28 * len(labels)
    figure = Figure(figsize=(inches, inches), layout="constrained")
    shown = ConfusionMatrixDisplay.from_predictions(
        found.known, [read.kind for read in found.read], labels=labels, ax=figure.subplots(), colorbar=False,
        xticks_rotation="vertical", cmap="Blues", text_kw={"fontsize": 7},
    )  # fmt: skip
    shown.ax_.tick_params(labelsize=7)
    shown.ax_.set(xlabel="taken for", ylabel="is")
    figure.savefig(file)
