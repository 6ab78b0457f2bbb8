"""First weights from an exported network: a training goes on from the shipped one where its checkpoint is gone.

The export has put each batch norm into the convolution before it. So the norms are set anew here, from what some made
lines give: with them, the network computes what the exported one does.
"""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from pipeline.page.network.reading import scorer
from training.network import LineNetwork


def start_from(model: Path, network: LineNetwork, pictures: Tensor) -> None:
    """Give a network the weights of an exported one.

    Args:
        model: ``lines.onnx`` or ``lines.fp16.onnx``, as :func:`training.export.export` writes it.
        network: The network to fill.
        pictures: Pictures of lines ``(batch, 1, HEIGHT, width)``; the more they are like those of the training, the
            better its batch norms fit from the first step on.

    Raises:
        ValueError: The exported network is built in another way, or the network does not give its scores.
    """
    with torch.no_grad():
        _fill(network, onnx.load(str(model)).graph, pictures)
        scores = network.eval()(pictures).numpy()
        network.train()
    if not np.allclose(scores, scorer(model)(pictures.numpy()), atol=1e-3):
        raise ValueError(f"{model} gives other scores than the network with its weights")


def _fill(network: LineNetwork, graph: onnx.GraphProto, pictures: Tensor) -> None:
    kept = {value.name.removesuffix(".half"): numpy_helper.to_array(value) for value in graph.initializer}
    weights = {name: torch.from_numpy(np.array(value, np.float32)) for name, value in kept.items()}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    pairs = [(layer[0], layer[1]) for layer in network.modules() if _is_pair(layer)]
    if len(pairs) != len(convolutions):
        raise ValueError(f"the exported network has {len(convolutions)} convolutions, not {len(pairs)}")
    hooks = []
    for (convolution, norm), node in zip(pairs, convolutions, strict=True):
        convolution.weight.copy_(weights[node.input[1]])
        hooks.append(norm.register_forward_pre_hook(_fitting(weights[node.input[2]])))
    _set_memory(network, weights, next(node for node in graph.node if node.op_type == "LSTM"))
    last = next(node for node in graph.node if node.op_type == "MatMul")
    network.out.weight.copy_(weights[last.input[1]].T)
    network.out.bias.copy_(weights["out.bias"])
    network.eval()(pictures)
    for hook in hooks:
        hook.remove()


def _is_pair(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Sequential) and len(layer) > 1 and isinstance(layer[1], nn.BatchNorm2d)


def _fitting(bias: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """Return a hook that sets a norm so that it only adds ``bias`` to what it gets."""

    def fit(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        norm.load_state_dict(
            {
                "running_mean": mean,
                "running_var": variance,
                "weight": (variance + cast("nn.BatchNorm2d", norm).eps).sqrt(),
                "bias": mean + bias,
                "num_batches_tracked": torch.tensor(0),
            }
        )

    return fit


def _set_memory(network: LineNetwork, weights: dict[str, Tensor], node: onnx.NodeProto) -> None:
    """Copy the LSTM; the gates of ONNX are input, output, forget, cell; PyTorch's input, forget, cell, output."""
    inner, outer, biases = (weights[name] for name in node.input[1:4])
    size = network.memory.hidden_size

    def ordered(values: Tensor) -> Tensor:
        gates = values.split(size)
        return torch.cat([gates[0], gates[2], gates[3], gates[1]])

    for direction, suffix in enumerate(("", "_reverse")):
        parts: dict[str, NDArray[np.float32] | Tensor] = {
            "weight_ih_l0": inner[direction],
            "weight_hh_l0": outer[direction],
            "bias_ih_l0": biases[direction][: 4 * size],
            "bias_hh_l0": biases[direction][4 * size :],
        }
        for name, value in parts.items():
            getattr(network.memory, name + suffix).copy_(ordered(torch.as_tensor(value)))
