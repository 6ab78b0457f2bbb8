"""Our own network, run by ONNX Runtime in this process; docs/training.md says how it is made and what it reads."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from models.errors import ScanError
from models.failure import Code
from models.settings import PageSettings
from pipeline.page.network.reading import VERSION, Scorer, glance, read, scorer
from pipeline.page.picture import Pixels
from pipeline.page.recogniser import Model, Symbols
from pipeline.page.recognisers.timed import Timed

_FOLDER = Path(__file__).parents[1] / "network"


class Engine(Timed):
    """The network; see :class:`pipeline.page.recogniser.Recogniser`. Its models come with the project."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read lines.

        Raises:
            ScanError: TIMEOUT when the time is up, RECOGNITION when a model is missing.
        """
        return self._each(lines, models, read)

    def glance(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read lines in one size only; see :class:`pipeline.page.recogniser.Network`.

        Raises:
            ScanError: As in :meth:`read`.
        """
        return self._each(lines, models, glance)

    def _each(self, lines: Sequence[Pixels], models: str, how: Callable[[Pixels, Scorer], Symbols]) -> list[Symbols]:
        scores = _loaded(models)
        found = []
        for line in lines:
            self._seconds_left()
            found.append(how(line, scores))
        return found


@cache
def _loaded(model: str) -> Scorer:
    file = _file(model)
    if not file.is_file():
        raise ScanError(Code.RECOGNITION, f"{file.name} is not in {file.parent}")
    return scorer(file)


def _file(model: str) -> Path:
    return _FOLDER / f"{model}.onnx"


class _AboutNetwork:
    """The description; see :class:`pipeline.page.recogniser.About`."""

    programs: Mapping[str, str] = {}

    def versions(self) -> dict[str, str]:
        """Return the version of ONNX Runtime."""
        return {"onnxruntime": VERSION}

    def models(self, settings: PageSettings) -> list[Model]:
        """Return the model that the settings name; it is our own."""
        return [Model(settings.network, _file(settings.network), "")]


ABOUT = _AboutNetwork()
