"""The light engine: MediaPipe's selfie segmentation, for machines without a GPU.

The soft confidences are the alpha; no category mask is ever made of them. Knows nothing about where the model
files come from (selfie_model.py), what runs them (selfie_runtime.py) or where it is looked at closely (closer.py).
Whichever thread runs the matter; set_closer_look() any.
"""

from __future__ import annotations

from pathlib import Path

from livebg.core.errors import ModelError
from livebg.core.resize import shrink
from livebg.core.types import Alpha, Frame, Matte
from livebg.models.selfie.roi import CloserLook
from livebg.models.selfie.runtime import open_network

SIZES = {"landscape": (256, 144), "square": (256, 256)}  # (width, height) that each network takes, px


class SelfieEngine:
    """The matting engine over one of the two networks, which sees the whole picture squeezed to its size, as it was
    trained; or, where it has the square one too, over the closer look.

    model: path of the .tflite file; shape: "landscape" or "square"; reason: why this engine, for the description.
    square: path of the square network's file, for the closer look; None: there is none. is_close: begin with it.
    Raises ModelError when a file is not such a network.
    """

    def __init__(self, model: Path, shape: str, reason: str, square: Path | None = None, is_close: bool = True) -> None:
        self._size = SIZES[shape]
        self._network = open_network(model, *self._size)
        size = f"{self._size[1]}x{self._size[0]}"
        self._description = f"selfie {shape} {size} on cpu, {self._network.description}: {reason}"
        self._closer: CloserLook | None = None
        if square is not None:
            near = self._network if shape == "square" else open_network(square, *SIZES["square"])
            self._closer = CloserLook(self._whole, near.confidence, SIZES["square"][0])
        self._is_close, self._was_close = is_close, False

    @property
    def description(self) -> str:
        return self._description

    @property
    def has_closer_look(self) -> bool:
        return self._closer is not None

    def set_closer_look(self, is_on: bool) -> None:
        """From the next frame on. Off: the answer to the whole picture is the alpha, as if there were nothing else."""
        self._is_close = is_on

    def matte(self, frame: Frame) -> Alpha:
        """Confidence that a pixel is a person: float32 (144, 256) or (256, 256); with the closer look of
        shrink.work_size. Raises ModelError."""
        is_close = self._is_close
        if self._was_close and not is_close:
            self.reset()
        self._was_close = is_close
        try:
            values = self._closer.look(frame) if is_close and self._closer is not None else self._whole(frame)
        except ModelError as failure:
            raise ModelError(f"{frame}: {failure}") from failure
        return Alpha(values, frame.sequence)

    def _whole(self, frame: Frame) -> Matte:
        return self._network.confidence(shrink(frame, *self._size))

    def reset(self) -> None:
        """The closer look begins anew; else nothing is remembered between frames."""
        if self._closer is not None:
            self._closer.reset()

    def close(self) -> None:
        """Nothing to give back."""
