"""Our own line reader: a small network that is trained by ``training/`` and run by ONNX Runtime."""

import os

# From its import on, ONNX Runtime would keep an id of this machine in ~/.cache and send measurements to its maker. Only
# this variable prevents it, and only if it is set before: so :mod:`reading`, in this package, is the one to import it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
