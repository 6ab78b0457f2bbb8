"""Our own line reader: a small network that is trained by ``training/`` and run by ONNX Runtime."""
