"""Chooses the executor of a run."""

from pathlib import Path

from models.settings import Settings
from pipeline.execution.executor import Executor
from pipeline.execution.local import LocalExecutor


def open_executor(settings: Settings, temporary: Path) -> Executor:
    """Return the executor that the settings name: this machine, or the workers of a Dask scheduler.

    Args:
        settings: all settings.
        temporary: the folder for temporary files of this machine's sandboxes.
    """
    megabytes = settings.limits.page_megabytes
    if settings.run.scheduler:
        # Dask takes half a second to load.
        from pipeline.execution.dask_executor import DaskExecutor  # noqa: PLC0415

        return DaskExecutor(settings.run, megabytes)
    return LocalExecutor(settings.run, megabytes, temporary)
