"""A process that dies at a step of a commit, or of something else, as by a power cut."""

import os
from collections.abc import Callable
from types import ModuleType

from pipeline.archive import commit as commits


def die_at(step: str, when: str, change: Callable[[], object], module: ModuleType = commits) -> None:
    """Make a change in another process, and end that at a step.

    Args:
        step: a function of the module by its name there: "sync", "Commits._index" for a method,
            "journal.prepare" for one of a module.
        when: whether it ends "before" the step or "after" it.
        change: makes the change; it opens what it needs.
        module: has the step.
    """
    child = os.fork()
    if not child:
        try:
            *owner, name = step.split(".")
            holder = getattr(module, owner[0]) if owner else module
            setattr(holder, name, _dying(getattr(holder, name), when))
            change()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, "the step was never reached"


def _dying(function: Callable[..., object], when: str) -> Callable[..., None]:
    def dies(*given: object, **named: object) -> None:
        if when == "after":
            function(*given, **named)
        os._exit(9)

    return dies
