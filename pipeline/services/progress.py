"""What a run reports while it works, to be shown to people or to Prometheus."""

from pipeline.execution.metrics import Metrics
from pipeline.execution.progress import Progress, Watcher

__all__ = ["Metrics", "Progress", "Watcher"]
