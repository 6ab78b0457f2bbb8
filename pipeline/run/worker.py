"""What Dask loads into each of our workers as it starts."""

import signal

from distributed import Worker


async def dask_setup(worker: Worker) -> None:
    """Leave Ctrl-C to the coordinator: a terminal sends it to every process, and the coordinator ends its workers."""
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
