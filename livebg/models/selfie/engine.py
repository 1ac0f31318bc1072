"""The light engine: MediaPipe's selfie segmentation, for machines without a GPU.

The soft confidences are the alpha; no category mask is made of them. model_file.py finds the models, runtime.py runs
them, roi.py chooses the region of interest. Runs in the thread that calls matte(), and where two cores are free, for
the whole picture beside the crop, in one of its own; any thread may call set_closer_look().
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livebg.core.errors import ModelError
from livebg.core.machine import cores
from livebg.core.resize import shrink
from livebg.core.threads import Aside
from livebg.core.types import Alpha, Frame, Matte
from livebg.models.selfie.roi import RegionOfInterest
from livebg.models.selfie.runtime import open_network

SIZES = {"landscape": (256, 144), "square": (256, 256)}  # (width, height) that each network takes, px


class SelfieEngine:
    """The matting engine over one of the two networks, which takes the whole picture, squeezed as in its training.

    With the square network too, it adds the region-of-interest pass (the setting closer_look).
    model: path of the .tflite file; shape: "landscape" or "square"; reason: why this engine, for the description.
    square: path of the square network's file; None: no region-of-interest pass. is_close: begin with that pass. Raises
    ModelError when a file is not such a network.
    """

    def __init__(self, model: Path, shape: str, reason: str, square: Path | None = None, is_close: bool = True) -> None:
        self._size = SIZES[shape]
        self._network = open_network(model, *self._size)
        size = f"{self._size[1]}x{self._size[0]}"
        self._description = f"selfie {shape} {size} on cpu, {self._network.description}: {reason}"
        self._roi: RegionOfInterest | None = None
        self._aside: Aside | None = None
        if square is not None:
            near = self._network if shape == "square" else open_network(square, *SIZES["square"])
            if near is not self._network and cores() > 1:
                self._aside = Aside("livebg-whole")
            self._roi = RegionOfInterest(self._whole, near.confidence, SIZES["square"][0], self._aside)
        self._is_close, self._was_close = is_close, False

    @property
    def description(self) -> str:
        return self._description

    @property
    def has_closer_look(self) -> bool:
        return self._roi is not None

    def set_closer_look(self, is_on: bool) -> None:
        """Switch the region-of-interest pass from the next frame on.

        Off: the alpha is the answer for the whole picture.
        """
        self._is_close = is_on

    def matte(self, frame: Frame) -> Alpha:
        """Confidence that a pixel is a person, float32 in 0..1: (144, 256) or (256, 256).

        With the region-of-interest pass it has core/resize.py's work_size. Raises ModelError.
        """
        is_close = self._is_close
        if self._was_close and not is_close:
            self.reset()
        self._was_close = is_close
        try:
            values = self._roi.look(frame) if is_close and self._roi is not None else self._whole(frame)
        except ModelError as failure:
            raise ModelError(f"{frame}: {failure}") from failure
        return Alpha(values, frame.sequence)

    def foresee(self, frames: Iterable[Frame]) -> None:
        """See core.engines.Foresees; takes frames only for the region-of-interest pass. Raises ModelError."""
        self.reset()
        if self._is_close and self._roi is not None:
            self._roi.foresee(frames)

    def _whole(self, frame: Frame) -> Matte:
        return self._network.confidence(shrink(frame, *self._size))

    def reset(self) -> None:
        """Start the region-of-interest pass again; nothing else passes from frame to frame."""
        if self._roi is not None:
            self._roi.reset()

    def close(self) -> None:
        """Ends the thread of the whole picture. Raises TimeoutError if it hangs."""
        if self._aside is not None:
            self._aside.close()
