"""What reads the lines of a page: our network, and Tesseract."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.settings import PageSettings
from pipeline.page.picture import Pixels
from pipeline.page.recogniser import Recogniser, Symbols

Found = dict[int, Symbols]
"""Readings by the numbers of their pictures."""


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads the lines of a page; ``network`` is None if the settings name none."""

    recogniser: Recogniser
    network: Recogniser | None
    settings: PageSettings

    def first(self, pictures: Sequence[Pixels]) -> list[Symbols]:
        """Read lines with the network, or with the first Tesseract model."""
        if self.network:
            return self.network.read(pictures, self.settings.network)
        return self.recogniser.read(pictures, self.settings.first_languages)

    def again(self, chosen: Sequence[int], models: str, pictures: Sequence[Pixels]) -> Found:
        """Read some of the pictures with Tesseract."""
        found = self.recogniser.read([pictures[number] for number in chosen], models)
        return dict(zip(chosen, found, strict=True))
