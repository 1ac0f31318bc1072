"""The light engine: MediaPipe's selfie segmentation on OpenCV's own network runtime, for machines without a GPU.

The soft confidences are the alpha; no category mask is ever made of them. Knows nothing about where the model
file comes from (selfie_model.py). Main thread.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from livebg.errors import ModelError
from livebg.stages import Alpha, Frame, Matte

SIZES = {"landscape": (256, 144), "square": (256, 256)}  # (width, height) that each network takes, px


class SelfieMatter:
    """Matter over one of the two networks; the picture is squeezed to the network's size, as they were trained.

    model: path of the .tflite file; shape: "landscape" or "square"; reason: why this engine, for the description.
    Raises ModelError when the file is not such a network.
    """

    def __init__(self, model: Path, shape: str, reason: str) -> None:
        self._size = SIZES[shape]
        self._description = f"selfie {shape} {self._size[1]}x{self._size[0]} on cpu, opencv: {reason}"
        try:
            self._network = cv2.dnn.readNetFromTFLite(str(model))
        except cv2.error as cause:
            raise ModelError(f"{model} is not a readable TFLite model: {cause.err or cause}") from cause

    @property
    def description(self) -> str:
        return self._description

    def matte(self, frame: Frame) -> Alpha:
        """Alpha float32 (144, 256) or (256, 256): the network's confidence that a pixel is a person."""
        blob = cv2.dnn.blobFromImage(
            cv2.resize(frame.image, self._size, interpolation=cv2.INTER_AREA), scalefactor=1 / 255, swapRB=True
        )
        try:
            self._network.setInput(blob)
            confidence = self._network.forward()
        except cv2.error as cause:
            raise ModelError(f"the selfie network failed on {frame}: {cause.err or cause}") from cause
        values: Matte = np.ascontiguousarray(confidence[0, 0], dtype=np.float32)
        return Alpha(values, frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered between frames."""

    def close(self) -> None:
        """Nothing to give back."""
