"""The libraries that only training and measuring need: an installation that reads boxes works without them."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import MissingDependencyError


@contextmanager
def learning_libraries() -> Iterator[None]:
    """Import a library of the extra ``train-kinds``.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        yield
    except ImportError as error:
        library = (error.name or "A library").split(".")[0]
        raise MissingDependencyError(
            f"{library} is not installed: only `bannasar train` and `evaluate` need it.",
            "Install it with `script/setup --train-kinds`, or `pip install 'bannasar[train-kinds]'`.",
        ) from error
