"""The rmbg engine: frame → small RGB picture → network → alpha. The only place where colours are in RGB order.

One thread at a time; another thread may call resize().
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from livebg.core.errors import ModelError
from livebg.core.resize import shrink
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.models import checkpoint as weights
from livebg.models.device import Device
from livebg.models.rmbg.torch_runtime import Runtime, open_runtime

if TYPE_CHECKING:
    from torch import nn

USUAL_PX = 288  # the default matte size: 2 cores manage it seven times a second
GRAIN_PX = 32  # the network takes multiples of this; see matte_size_for
LONGEST = 4  # long side at most this many short sides: a longer picture is squeezed, so that memory stays bounded


def open_rmbg(settings: Settings, device: Device, threads: int | None = None) -> RmbgEngine:
    """The engine with the weights that the settings name, not warmed up yet. Raises ModelError.

    threads: how many of the CPU's; None: usual_threads().
    """
    source = CheckpointSource(weights.checkpoints(settings.model, settings.weights))
    runtime = open_runtime(source, device, settings.runtime, precision=settings.precision, threads=threads)
    name = settings.weights or settings.model
    return RmbgEngine(runtime, device, settings.matte_size or USUAL_PX, name, source.input_mean)


def open_network(settings: Settings) -> tuple[nn.Module, float]:
    """The network with the weights that the settings name, and its input's mean. Raises ModelError."""
    source = CheckpointSource(weights.checkpoints(settings.model, settings.weights))
    return source.load(), float(source.input_mean)


def quantise_rmbg(settings: Settings, pictures: Sequence[Image], cache: Path | None = None) -> str:
    """Make and store the int8 form of the weights that the settings name; returns what was made. Raises ModelError.

    pictures: BGR uint8 (H, W, 3), two or more of one size, of the user's own kind. It is fitted to them, and judged, at
    the settings' matte size.
    """
    from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime

    source = CheckpointSource(weights.checkpoints(settings.model, settings.weights))
    runtime = OpenVinoRuntime(source, cache, "f32")
    height, width = matte_size_for(pictures[0].shape[0], pictures[0].shape[1], settings.matte_size or USUAL_PX)
    small = [cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in pictures]
    return runtime.quantise([to_pixels(np.asarray(each, np.uint8), np.float32(source.input_mean)) for each in small])


class CheckpointSource:
    """The network with the first usable checkpoint; loads it only when a runtime needs it."""

    def __init__(self, tries: Iterator[weights.Checkpoint | ModelError]) -> None:
        first = next(tries)
        self._tries = chain([first], tries)
        self.identity = "" if isinstance(first, ModelError) else first.sha256
        self.input_mean = 0.5 if isinstance(first, ModelError) else first.input_mean

    def load(self) -> nn.Module:
        from livebg.models.rmbg.network import RmbgNetwork

        checkpoint, tensors = weights.load(self._tries, weights.expected())
        self.identity, self.input_mean = checkpoint.sha256, checkpoint.input_mean
        import torch

        with torch.device("meta"):
            network = RmbgNetwork()
        network.load_state_dict(tensors, assign=True)
        return network.eval()


class RmbgEngine:
    """RMBG-1.4's alpha, at the small size that the network takes. Keeps nothing between frames but that size.

    The alpha is the network's own answer, the sigmoid of its first side output, on a fixed scale. Usual code stretches
    it to fill 0..1 in each frame; this does not: the network was trained against mattes in 0..1, so the scale is right
    as it is, and stretching would make an empty room's noise a person, and let the scale jump from frame to frame.
    """

    def __init__(
        self, runtime: Runtime, device: Device, matte_size: int, name: str = "in memory", input_mean: float = 0.5
    ) -> None:
        self._runtime, self._device, self._name = runtime, device, name
        self._matte_size, self._input_mean = matte_size, np.float32(input_mean)
        self._size = f"{matte_size} px"

    @property
    def matte_size(self) -> int:
        """The short side, px, at which the network takes the next picture."""
        return self._matte_size

    def resize(self, matte_size: int) -> None:
        """Take pictures with this short side, px, from the next matte() on. From any thread.

        The first picture of a size takes up to 0.2 s longer on the CPU (2 cores); in int8 0.4 s, or 1.5 s where that
        was never compiled for the size. A size used before costs nothing.
        """
        self._matte_size = matte_size

    @property
    def description(self) -> str:
        where = f"on {self._device.kind}, {self._runtime.description}: {self._device.reason}"
        return f"rmbg ({self._name}) {self._size} {where}"

    def warm_up(self, height: int, width: int) -> None:
        """Prepare for frames of this size. Raises ModelError."""
        small = matte_size_for(height, width, self._matte_size)
        self._runtime.warm_up(*small)
        self._size = f"{small[0]}x{small[1]}"

    def matte(self, frame: Frame) -> Alpha:
        """The alpha of a frame, float32 (h, w) in 0..1, at small_size(). Raises ModelError."""
        return self._checked(frame, self._runtime.run(self._pixels(frame)))

    def looks(self, images: Sequence[Image], frames: Sequence[Frame]) -> list[Matte]:
        """The network's answers to parts of one size, one of each of these frames, float32 (h, w) in 0..1 each.

        images: BGR uint8 (h, w, 3), their sides multiples of GRAIN_PX. Raises ModelError.
        """
        self._size = f"{images[0].shape[0]}x{images[0].shape[1]}"
        answers = self._runtime.run_all(np.concatenate([to_pixels(each, self._input_mean) for each in images]))
        return [self._checked(frame, values).values for frame, values in zip(frames, answers, strict=True)]

    @property
    def at_once(self) -> int:
        """How many frames mattes() best takes together."""
        return self._runtime.at_once

    def mattes(self, frames: Sequence[Frame]) -> list[Alpha]:
        """The alphas of frames of one size in one go, float32 (h, w) in 0..1 each. Raises ModelError.

        They equal those of matte() but for rounding (tests/models/rmbg/test_engine.py).
        """
        answers = self._runtime.run_all(np.concatenate([self._pixels(each) for each in frames]))
        return [self._checked(frame, values) for frame, values in zip(frames, answers, strict=True)]

    def _pixels(self, frame: Frame) -> Matte:
        height, width = matte_size_for(frame.height, frame.width, self._matte_size)
        self._size = f"{height}x{width}"
        return to_pixels(shrink(frame, width, height), self._input_mean)

    def _checked(self, frame: Frame, values: Matte) -> Alpha:
        if not np.isfinite(values).all():
            raise ModelError(
                f"the network's answer to frame {frame.sequence} holds values that are no numbers "
                f"({self._runtime.description}); try --runtime torch --device cpu"
            )
        return Alpha(values, frame.sequence)

    def reset(self) -> None:
        """Nothing to forget: each alpha depends on its own frame only."""

    def close(self) -> None:
        self._runtime.close()


def matte_size_for(height: int, width: int, short_px: int) -> tuple[int, int]:
    """(height, width) for the network: the frame's shape with its short side at short_px, in multiples of 32 px.

    Rounding each side changes the shape by a few per cent at most, where a square would squeeze a 16:9 picture by 44 %,
    and padding to a square would waste 44 % of the network's time. The network halves down to 32; its last halving
    rounds up.
    """
    scale = short_px / min(height, width)
    limit = LONGEST * short_px
    return in_grains(min(height * scale, limit)), in_grains(min(width * scale, limit))


def in_grains(side_px: float) -> int:
    """The nearest side that the network takes, px."""
    return max(1, round(side_px / GRAIN_PX)) * GRAIN_PX


def to_pixels(image: Image, mean: np.float32) -> Matte:
    """BGR uint8 (H, W, 3) → RGB float32 (1, 3, H, W), 0..1 less the mean (std is 1), as the network was trained."""
    scaled = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.float32) * np.float32(1 / 255) - mean
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[np.newaxis])
