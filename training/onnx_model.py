"""An exported network, run by ONNX Runtime on one thread."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.measure import Scorer

INPUT, OUTPUT = "lines", "scores"


def scorer(model: Path) -> Scorer:
    """Return the function that gives the scores of pictures."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def scores(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run([OUTPUT], {INPUT: pictures})[0], np.float32)

    return scores
