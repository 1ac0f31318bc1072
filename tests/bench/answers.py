"""Keeps the rmbg network's answers on disk, so that what comes after the network is measured again in seconds.

An answer is found by the picture that the network was given and by the weights' hash, so another region, size or file
of weights asks the network anew. Not by the precision: keep one folder for each machine. For benches only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from livebg.core.types import Matte
from livebg.models.rmbg import engine
from livebg.models.rmbg.source import NetworkSource
from livebg.models.rmbg.torch_runtime import Runtime

MOST = 65535  # an answer is kept as a grey picture of 16 bits


@contextmanager
def kept_in(folder: Path | None) -> Iterator[None]:
    """While it is open, every rmbg engine that is opened takes its answers from the folder; None: changes nothing."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    opened = engine.open_runtime

    def open_runtime(source: NetworkSource, *choices: Any) -> Runtime:
        return KeptAnswers(folder, source.identity, lambda: opened(source, *choices))

    with mock.patch.object(engine, "open_runtime", open_runtime):
        yield


class KeptAnswers:
    """A torch_runtime.Runtime over another one, which it opens at the first picture without an answer, and then owns.

    open_runtime: opens that; identity: of the weights.
    """

    at_once, description = 1, "kept answers"

    def __init__(self, folder: Path, identity: str, open_runtime: Any) -> None:
        self._folder, self._identity, self._open = folder, identity, open_runtime
        self._runtime: Runtime | None = None

    def warm_up(self, height: int, width: int) -> None:
        """Nothing waits for an answer that is there."""

    def run(self, pixels: Matte) -> Matte:
        """float32 (1, 3, H, W) → alpha float32 (H, W) in 0..1, in steps of 1/65535. Raises ModelError."""
        key = hashlib.sha256(self._identity.encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
        file = self._folder / f"{key[:32]}.png"
        levels = cv2.imread(str(file), cv2.IMREAD_UNCHANGED) if file.exists() else None
        if levels is None:
            if self._runtime is None:
                self._runtime = self._open()
            levels = np.rint(self._runtime.run(pixels) * MOST).astype(np.uint16)
            cv2.imwrite(str(file), levels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        return levels.astype(np.float32) * np.float32(1 / MOST)

    def run_all(self, pixels: Matte) -> Matte:
        """float32 (N, 3, H, W) → alphas float32 (N, H, W) in 0..1. Raises ModelError."""
        return np.stack([self.run(pixels[each : each + 1]) for each in range(len(pixels))])

    def close(self) -> None:
        if self._runtime is not None:
            self._runtime.close()
