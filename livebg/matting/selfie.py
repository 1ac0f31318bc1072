"""The light engine: MediaPipe's selfie segmentation, for machines without a GPU.

The soft confidences are the alpha; no category mask is ever made of them. Knows nothing about where the model
file comes from (selfie_model.py) or what runs it (selfie_runtime.py). Main thread.
"""

from __future__ import annotations

from pathlib import Path

from livebg.errors import ModelError
from livebg.matting.selfie_runtime import open_network
from livebg.shrink import shrink
from livebg.stages import Alpha, Frame

SIZES = {"landscape": (256, 144), "square": (256, 256)}  # (width, height) that each network takes, px


class SelfieMatter:
    """Matter over one of the two networks; the picture is squeezed to the network's size, as they were trained.

    model: path of the .tflite file; shape: "landscape" or "square"; reason: why this engine, for the description.
    Raises ModelError when the file is not such a network.
    """

    def __init__(self, model: Path, shape: str, reason: str) -> None:
        self._size = SIZES[shape]
        self._network = open_network(model, *self._size)
        size = f"{self._size[1]}x{self._size[0]}"
        self._description = f"selfie {shape} {size} on cpu, {self._network.description}: {reason}"

    @property
    def description(self) -> str:
        return self._description

    def matte(self, frame: Frame) -> Alpha:
        """Alpha float32 (144, 256) or (256, 256): the network's confidence that a pixel is a person."""
        try:
            return Alpha(self._network.confidence(shrink(frame, *self._size)), frame.sequence)
        except ModelError as failure:
            raise ModelError(f"{frame}: {failure}") from failure

    def reset(self) -> None:
        """Nothing is remembered between frames."""

    def close(self) -> None:
        """Nothing to give back."""
