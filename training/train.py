"""The training: made lines in, a network out; it can be killed at any moment and continues when called again."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

# Waiting threads must not use processor time. The limit that Tesseract needs would block PyTorch for ever.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.pop("OMP_THREAD_LIMIT", None)
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "4096")

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.page.network.picture import batch
from pipeline.page.picture import Pixels
from training.blocks import BlockStore
from training.lines import Line
from training.measure import Crop, error, read
from training.network import STRIDE, LineNetwork
from training.start import start_from
from training.stream import SHORT_BLOCKS, batches, shaken, width_of
from training.tokens import to_numbers

RATE = 2e-3
"""The highest learning rate, after the first steps and before the last blocks."""

_WARM_STEPS = 400
_MEAN_STEPS = 700
"""Over about so many steps the weights are averaged for the network that is measured and exported."""

_FITTED_LINES = 256
"""To so many lines the batch norms of an exported network are fitted."""

_CHECKPOINT_SECONDS = 240
_MEASURE_SECONDS = 900
_REPORT_SECONDS = 60


@dataclass(slots=True)
class Progress:
    """How far a run has come: the next batch is ``batch`` of ``block``."""

    block: int = 0
    batch: int = 0
    step: int = 0
    lines: int = 0
    seconds: float = 0.0


class Training:
    """A run in a folder."""

    def __init__(  # noqa: PLR0913
        self,
        folder: Path,
        store: BlockStore,
        *,
        seed: int,
        threads: int,
        crops: list[Crop],
        rate: float = RATE,
        start: Path | None = None,
    ) -> None:
        """Continue a run where it stopped, or begin one.

        Args:
            folder: The folder of checkpoints and the log.
            store: The source of the lines.
            seed: Decides the first weights and the order of lines.
            threads: How many threads PyTorch may use.
            crops: Real lines to measure on from time to time; nothing is learned from them.
            rate: The highest learning rate.
            start: An exported network to begin with; without it, the first weights are random.
        """
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(seed)
        cv2.setNumThreads(1)
        self._folder, self._store, self._seed, self._crops, self._rate = folder, store, seed, crops, rate
        self._network = LineNetwork().to(memory_format=torch.channels_last)
        self._mean = LineNetwork()
        self._mean.load_state_dict(self._network.state_dict())
        self._optimiser = torch.optim.AdamW(self._network.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.02)
        self.progress = Progress()
        self._stop = False
        if self._checkpoint.is_file():
            self._resume()
        elif start is not None:
            self._start_from(start)

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._mean.load_state_dict(state["mean"])
        self._optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.progress = Progress(**state["progress"])

    def _start_from(self, model: Path) -> None:
        """Begin with an exported network, which knows short lines already."""
        self.progress.block = SHORT_BLOCKS
        self._store.start(self.progress.block)
        lines = self._store.take(self.progress.block, lambda: False)[:_FITTED_LINES]
        start_from(model, self._network, torch.from_numpy(batch([line.pixels for line in lines])))
        self._mean.load_state_dict(self._network.state_dict())

    def save(self) -> None:
        """Write a checkpoint; the one before remains until the new one is complete."""
        part = self._checkpoint.with_suffix(".part")
        progress = self.progress
        torch.save(
            {
                "network": self._network.state_dict(),
                "mean": self._mean.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "random": torch.get_rng_state(),
                "progress": {name: getattr(progress, name) for name in Progress.__slots__},
            },
            part,
        )
        part.replace(self._checkpoint)

    def run(self, last_block: int, finish: int) -> None:
        """Learn from all blocks before the last one; in the last ``finish`` blocks the rate falls to zero."""
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        signal.signal(signal.SIGINT, self._asked_to_stop)
        self._store.start(self.progress.block)
        saved = measured = reported = time.monotonic()
        losses: list[float] = []
        began = time.monotonic()
        while self.progress.block < last_block and not self._stop:
            block = self._store.take(self.progress.block, lambda: self._stop)
            if self._stop:
                break
            for lines in batches(block, self._seed, self.progress.block)[self.progress.batch :]:
                left = last_block - self.progress.block
                losses.append(self._learn(lines, min(1.0, left / max(1, finish))))
                now = time.monotonic()
                self.progress.seconds += now - began
                began = now
                if now - reported > _REPORT_SECONDS:
                    self._tell(f"loss {np.mean(losses[-50:]):.3f}")
                    reported = now
                if now - measured > _MEASURE_SECONDS and self._crops:
                    self._tell(f"real {self._measured():.4f}")
                    measured = began = time.monotonic()
                if now - saved > _CHECKPOINT_SECONDS or self._stop:
                    self.save()
                    saved = now
                if self._stop:
                    return
            self.progress.block, self.progress.batch = self.progress.block + 1, 0
        self.save()
        if self._crops and not self._stop:
            self._tell(f"end: real {self._measured():.4f}")

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stop = True

    def _learn(self, lines: list[Line], share: float) -> float:
        progress = self.progress
        warm = min(1.0, (progress.step + 1) / _WARM_STEPS)
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * warm * share
        rng = np.random.default_rng([self._seed, progress.block, progress.batch])
        wide = width_of(lines)
        pictures = [shaken(line.pixels, rng, wide) for line in lines]
        loss = self._loss(pictures, wide, [to_numbers(line.text) for line in lines])
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 3.0)
        self._optimiser.step()
        self._average()
        progress.batch += 1
        progress.step += 1
        progress.lines += len(lines)
        return float(loss.item())

    def _loss(self, pictures: list[Pixels], wide: int, numbers: list[list[int]]) -> Tensor:
        inputs = torch.from_numpy(batch(pictures, wide)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self._network(inputs)
        return functional.ctc_loss(
            scores.float().log_softmax(2),
            torch.tensor([number for line in numbers for number in line]),
            torch.tensor([-(-picture.shape[1] // STRIDE) for picture in pictures]),
            torch.tensor([len(line) for line in numbers]),
            zero_infinity=True,
        )

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(1 - 1 / _MEAN_STEPS, (self.progress.step + 1) / (self.progress.step + 10))
        mine, means = self._network.state_dict(), self._mean.state_dict()
        for name, mean in means.items():
            if mean.is_floating_point():
                mean.lerp_(mine[name], 1 - keep)
            else:
                mean.copy_(mine[name])

    def _measured(self) -> float:
        self._mean.eval()

        @torch.no_grad()
        def scores(pictures: np.ndarray) -> np.ndarray:
            return np.asarray(self._mean(torch.from_numpy(pictures)).numpy(), np.float32)

        texts = read([crop.pixels for crop in self._crops], scores)
        return error(texts, [crop.text for crop in self._crops])

    def _tell(self, text: str) -> None:
        progress = self.progress
        rate = self._optimiser.param_groups[0]["lr"]
        place = f"{progress.seconds / 60:.1f} min, block {progress.block}, step {progress.step}, {progress.lines} lines"
        line = f"{place}, rate {rate:.5f}: {text}"
        with (self._folder / "log.txt").open("a", encoding="utf-8") as log:
            print(line, file=log)
