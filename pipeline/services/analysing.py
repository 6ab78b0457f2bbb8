"""What bags hold, as the index takes it: analysed by the workers of a run if there are many bags."""

import logging
from collections.abc import Collection, Generator, Iterator
from datetime import datetime
from pathlib import Path

from models.errors import BagError, IndexUnusableError
from models.failure import Failure
from models.progress import Show
from pipeline.archive.archive import Archive
from pipeline.archive.places import work_folder
from pipeline.execution.opening import open_executor
from pipeline.execution.task import Task
from pipeline.execution.tasks import analyse_bag
from pipeline.index.entry import Analysed

_LOG = logging.getLogger(__name__)
# To start the workers takes longer than to analyse so many bags here.
_FEW = 50
_SECONDS = 3600.0
# Of all bags of an index. If the workers cannot read more, rather the workers are at fault.
_MOST_LEFT_OUT = 0.5


def are_many(bags: Collection[Path]) -> bool:
    """Whether there are so many bags that workers analyse them."""
    return len(bags) > _FEW


def analysed_bags(
    archive: Archive,
    bags: Collection[Path],
    now: datetime | None,
    show: Show,
    unreadable: list[Path],
    *,
    among: int | None = None,
) -> Generator[Analysed, None, None]:
    """Yield what bags hold, in the order in which they are analysed. The workers end when it is closed.

    Args:
        archive: their archive.
        bags: the bags.
        now: the time at which levels are looked up; see :class:`pipeline.index.store.Store`.
        show: called after each bag.
        unreadable: the bags that cannot be read are added to it.
        among: how many bags a new index is made from, also those that it holds already; None if they are added to one.

    Raises:
        IndexUnusableError: the workers cannot read more than half of those of a new index.
        SchedulerError: the scheduler in the settings does not answer.
    """
    if not are_many(bags):
        for number, bag in enumerate(bags, 1):
            yield from _here(bag, now, unreadable)
            show(number, len(bags))
        return
    left = iter(bags)

    def take() -> Task | None:
        bag = next(left, None)
        return None if bag is None else Task(bag, analyse_bag, (bag, now), _SECONDS, needs=(bag,))

    done = 0
    with open_executor(archive.settings, work_folder(archive.folder)) as executor:
        for outcome in executor.finished(take):
            if not outcome.last:
                continue
            if outcome.failure is None:
                yield outcome.value
            else:
                _leave(outcome.task.about, outcome.failure, unreadable)
                if among is not None:
                    _check_not_most(len(unreadable), among)
            done += 1
            show(done, len(bags))


def _leave(bag: Path, failure: Failure, unreadable: list[Path]) -> None:
    """Leave out a bag. It is not tried here, where no limit would keep it from taking all memory or time."""
    _LOG.warning("a bag is left out, because no worker can read it: %s %s", failure.code, failure.detail)
    unreadable.append(bag)


def _check_not_most(left_out: int, among: int) -> None:
    """Refuse to make an index that lacks most of the archive.

    Raises:
        IndexUnusableError: it does.
    """
    if left_out > _MOST_LEFT_OUT * among:
        raise IndexUnusableError(
            f"The workers could not read {left_out:,} of {among:,} bags, so no new index is made. "
            "An older one stays if this version can read it.",
            "The log says why. If `bannasar verify` finds damaged bags, put them back from a copy, or move them away. "
            "If it finds none, give the workers more memory (limits.page_megabytes). Then use the same command again.",
        )


def _here(bag: Path, now: datetime | None, unreadable: list[Path]) -> Iterator[Analysed]:
    """Yield what a bag holds, analysed in this process."""
    try:
        found = analyse_bag(bag, now)
    except BagError:
        unreadable.append(bag)
    else:
        yield found
