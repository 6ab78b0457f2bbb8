"""What a run reports while it works, to be shown to people or to Prometheus.

The callers of services may import from no other room of the pipeline, so what they need of one is named here.
"""

from pipeline.execution.metrics import Metrics
from pipeline.execution.progress import Progress, Watcher

__all__ = ["Metrics", "Progress", "Watcher"]
