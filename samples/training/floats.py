"""A Tesseract network of integers converted back to floating-point numbers, from which training can continue.

Debian ships its models with weights of one byte. ``lstmtraining`` refuses to continue from those. But the file still
has their values: each row of weights has its scale. The layout of the file is that of Tesseract
5.3's ``src/lstm`` (``Network::Serialize`` and the like, ``WeightMatrix::Serialize``, ``LSTMRecognizer::Serialize``).
"""

import struct
from dataclasses import dataclass, field

import numpy as np

_INT8, _DOUBLE = 1, 128
"""Bits of a weight matrix's mode: bytes with scales; scales and weights are doubles."""

_INTEGER_NETWORK = 1
"""Bit of a recogniser's training flags: its weights are bytes."""

_LAYER_RATES = 64
"""Bit of a network's flags: a learning rate for each of its layers follows it."""

_GATES = 4
"""Gates of a one-dimensional LSTM; a two-dimensional one has a fifth."""


class UnknownNetworkError(Exception):
    """The file has an unknown kind of layer or of weights."""


@dataclass(slots=True)
class _Tape:
    """Bytes read from the start to the end, and the bytes written in their place."""

    data: bytes
    at: int = 0
    out: bytearray = field(default_factory=bytearray)

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise UnknownNetworkError("the file ends within a layer")
        self.at += count
        return piece

    def copy(self, count: int) -> bytes:
        piece = self.take(count)
        self.out += piece
        return piece

    def copy_int(self) -> int:
        return int.from_bytes(self.copy(4), "little", signed=True)

    def copy_text(self) -> str:
        return self.copy(self.copy_int()).decode()


def to_floats(network: bytes) -> bytes:
    """Return an ``lstm`` component with weights of doubles for one with weights of bytes.

    Args:
        network: The component, as ``combine_tessdata -u`` writes it.

    Raises:
        UnknownNetworkError: The file is cut off, or has parts that a Khmer model does not have.
    """
    tape = _Tape(network)
    _network(tape)
    tape.copy_text()  # the description of the network
    flags = int.from_bytes(tape.take(4), "little")
    tape.out += (flags & ~_INTEGER_NETWORK).to_bytes(4, "little")
    tape.copy(len(tape.data) - tape.at)
    return bytes(tape.out)


def _network(tape: _Tape) -> None:
    tape.copy(1)
    kind = tape.copy_text()
    tape.copy(2)  # whether it learns
    flags = tape.copy_int()
    inputs, outputs = tape.copy_int(), tape.copy_int()
    tape.copy(4)  # the number of weights
    tape.copy_text()
    match kind:
        case "Input":
            tape.copy(5 * 4)
        case "Convolve" | "Maxpool":
            tape.copy(2 * 4)
        case "Series" | "Parallel" | "RTLReversed" | "TTBReversed" | "XYTranspose":
            layers = tape.copy_int()
            for _ in range(layers):
                _network(tape)
            if flags & _LAYER_RATES:
                tape.copy(tape.copy_int() * 4)
        case "LSTM" | "SummLSTM":
            width = tape.copy_int()
            # A two-dimensional LSTM also takes its own outputs of the row above.
            for _ in range(_GATES if width == inputs + outputs else _GATES + 1):
                _weights(tape)
        case "Softmax" | "Tanh" | "Relu" | "Logistic" | "Linear":
            _weights(tape)
        case _:
            raise UnknownNetworkError(f"a layer of the kind {kind}")


def _weights(tape: _Tape) -> None:
    mode = tape.take(1)[0]
    if not (mode & _INT8 and mode & _DOUBLE):
        raise UnknownNetworkError(f"weights of mode {mode}")
    rows, columns = struct.unpack("<II", tape.take(8))
    tape.take(1)  # the value of an empty cell
    whole = np.frombuffer(tape.take(rows * columns), np.int8).reshape(rows, columns)
    scales = np.frombuffer(tape.take(8 * int.from_bytes(tape.take(4), "little")), np.float64)
    values = whole.astype(np.float64) * scales[:rows, None]
    tape.out += bytes([mode & ~_INT8]) + struct.pack("<IId", rows, columns, 0.0) + values.tobytes()
