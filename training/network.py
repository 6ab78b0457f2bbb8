"""The network: pictures of lines in, the scores of the symbols out, one frame for every four columns."""

from typing import cast

import torch
from torch import Tensor, nn

from pipeline.page.network.picture import HEIGHT
from training.tokens import CLASSES

STRIDE = 4
"""Columns of the picture for each frame."""

_FLAT = HEIGHT // 8


def _conv(  # noqa: PLR0913
    ins: int,
    outs: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] | None = None,
    *,
    groups: int = 1,
    act: bool = True,
) -> nn.Sequential:
    """Return a convolution with its batch norm, and a ReLU if ``act`` says so."""
    padding = (kernel[0] // 2, kernel[1] // 2) if padding is None else padding
    layers: list[nn.Module] = [
        nn.Conv2d(ins, outs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if act else []))


class _Residual(nn.Module):
    """Two 3 × 3 convolutions with a shortcut for the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(width, width, (3, 3)), _conv(width, width, (3, 3), act=False))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class _Mixer(nn.Module):
    """Each channel sees nine frames separately, then all channels of a frame are combined."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(width, width, (1, 9), groups=width, act=False),
            _conv(width, 2 * width, (1, 1)),
            _conv(2 * width, width, (1, 1), act=False),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        return cast("Tensor", x + self.body(x))


class LineNetwork(nn.Module):
    """A stem of convolutions over height and width, mixers along the line, one bidirectional LSTM, a linear layer."""

    def __init__(self, width: int = 192, mixers: int = 4, memory: int = 128, dropout: float = 0.1) -> None:
        """Build a network of some 1.3 million weights."""
        super().__init__()
        self.stem = nn.Sequential(
            _conv(1, 16, (5, 5), (2, 2)),
            _conv(16, 32, (3, 3), (2, 1)),
            _Residual(32),
            _conv(32, 64, (3, 3), (2, 2)),
            _Residual(64),
            _conv(64, width, (_FLAT, 3), padding=(0, 1)),
        )
        self.mixers = nn.Sequential(*(_Mixer(width, dropout) for _ in range(mixers)))
        self.memory = nn.LSTM(width, memory, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(2 * memory, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores ``(frames, batch, classes)`` of pictures ``(batch, 1, HEIGHT, width)``, ink being 1."""
        y = self.mixers(self.stem(x)).squeeze(2).permute(2, 0, 1)
        y, _ = self.memory(y)
        return cast("Tensor", self.out(self.dropout(y)))
