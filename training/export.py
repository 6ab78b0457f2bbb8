"""The trained network as ONNX, with weights of four bytes and of two."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from pipeline.page.network.picture import HEIGHT
from pipeline.page.network.reading import INPUT, OUTPUT
from training.network import LineNetwork


def export(checkpoint: Path, folder: Path) -> list[Path]:
    """Write ``lines.onnx`` and ``lines.fp16.onnx`` from a checkpoint's averaged weights."""
    network = LineNetwork()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["mean"])
    network.eval()
    folder.mkdir(parents=True, exist_ok=True)
    whole, half = folder / "lines.onnx", folder / "lines.fp16.onnx"
    torch.onnx.export(
        network,
        (torch.zeros(2, 1, HEIGHT, 400),),
        str(whole),
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_axes={INPUT: {0: "batch", 3: "width"}, OUTPUT: {0: "frames", 1: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    _halve(whole, half)
    return [whole, half]


def _halve(whole: Path, half: Path) -> None:
    """Store the weights in two bytes each; the network computes in four all the same."""
    model = onnx.load(str(whole))
    casts = []
    for weights in model.graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.dtype != "float32" or values.size < 64:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(values.astype("float16"), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(half))
