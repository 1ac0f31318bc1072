"""Runs the light engine's network: Google's LiteRT on one thread, or OpenCV where LiteRT is missing.

Both answer the same to 1e-3; LiteRT takes a sixth of the CPU time (tests/bench/threads.py), so it runs wherever its
package has a wheel. Runs in the thread that calls matte(), one picture at a time.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from livebg.core.errors import ModelError
from livebg.core.types import Image, Matte
from livebg.models.selfie.graph import made_cheaper
from livebg.models.selfie.last_block import CHANNELS, LastBlock

log = logging.getLogger(__name__)

SCALE = np.float32(1 / 255)
NOISE = b"INFO: Created TensorFlow Lite XNNPACK delegate"  # LiteRT's greeting, which none of its settings turns off


class Network(Protocol):
    """A loaded network of one input size."""

    @property
    def description(self) -> str:
        """The runtime, and why it runs where it is not the first choice."""
        ...

    def confidence(self, picture: Image) -> Matte:
        """Confidence that a pixel is a person: float32 (h, w) in 0..1, of a BGR uint8 (h, w, 3) picture at the
        network's size.

        Belongs to the caller. Raises ModelError.
        """
        ...


def open_network(model: Path, width: int, height: int) -> Network:
    """The network in this .tflite file, which takes pictures of width x height px. Raises ModelError.

    It reads the whole file first, as the file may change on disk afterwards. Both runtimes refuse a file that is cut
    short or no model; they can crash on one that is well-formed and means nonsense (6 of 900 with one byte changed), so
    files are checked by SHA-256 (model_file.py).
    """
    try:
        content = model.read_bytes()
    except OSError as cause:
        raise ModelError(f"{model} cannot be read: {cause.strerror}; install livebg again") from cause
    network = _load(content, model, (height, width))
    try:
        answer = network.confidence(
            np.zeros((height, width, 3), np.uint8)
        )  # the first is slow, and shows what is wrong
    except ModelError as cause:
        raise _unreadable(model, cause) from cause
    if answer.shape != (height, width):
        raise _unreadable(model, f"it answers {answer.shape} to a picture of {(height, width)}")
    return network


def _load(content: bytes, model: Path, size: tuple[int, int]) -> Network:
    """On the first runtime that this machine has."""
    try:
        runtime = importlib.import_module("ai_edge_litert.interpreter")
    except (ImportError, OSError) as cause:
        obstacle = _obstacle(cause)
        log.warning("%s; the selfie engine runs on OpenCV, for six times the CPU time", obstacle)
        return OpenCvNetwork(content, model, obstacle)
    return LiteRtNetwork(runtime, content, model, size)


def _obstacle(cause: Exception) -> str:
    """Why LiteRT is missing, for a description of one line."""
    if isinstance(cause, ModuleNotFoundError) and str(cause.name).startswith("ai_edge_litert"):
        where = f"{sys.platform} on {platform.machine()}, Python {platform.python_version()}"
        return f"LiteRT is not installed ({where})"
    return f"LiteRT cannot be loaded: {' '.join(str(cause).split())}"


class LiteRtNetwork:
    """On LiteRT with XNNPACK's kernels, on a cheaper graph (graph.py).

    One thread: two cost more CPU time, and on a busy machine they are later, too (tests/bench/threads.py).
    """

    description = "litert"

    def __init__(self, runtime: Any, content: bytes, model: Path, size: tuple[int, int]) -> None:
        """runtime: the module ai_edge_litert.interpreter; size: (height, width) that the network must take."""
        try:
            content, layers = made_cheaper(content)
            self._last_block = LastBlock(*layers)
            with quiet():
                self._interpreter = runtime.Interpreter(model_content=content, num_threads=1)
                self._interpreter.allocate_tensors()
            (taken,), given = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as cause:
            raise _unreadable(model, cause) from cause
        shapes = [tuple(map(int, each["shape"])) for each in (taken, *given)]
        wanted = [(1, *size, 3), *((1, size[0] // part, size[1] // part, CHANNELS) for part in (4, 2))]
        if shapes != wanted or taken["dtype"] is not np.float32:
            raise _unreadable(model, f"it turns {shapes[0]} into {shapes[1:]}, not {wanted[0]} into {wanted[1:]}")
        self._input = self._interpreter.tensor(taken["index"])
        self._outputs = [self._interpreter.tensor(each["index"]) for each in given]

    def confidence(self, picture: Image) -> Matte:
        """As in Network; writes the picture's numbers straight into the network's own input."""
        np.multiply(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), SCALE, out=self._input()[0])
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as cause:
            raise ModelError(f"the selfie network failed: {cause}") from cause
        below, first = (output()[0] for output in self._outputs)
        return self._last_block.confidence(below, first)


class OpenCvNetwork:
    """On OpenCV's network module."""

    def __init__(self, content: bytes, model: Path, reason: str) -> None:
        self.description = f"opencv ({reason})"
        try:
            self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(content, np.uint8))
        except cv2.error as cause:
            raise _unreadable(model, cause.err or cause) from cause

    def confidence(self, picture: Image) -> Matte:
        """As in Network."""
        try:
            self._network.setInput(cv2.dnn.blobFromImage(picture, scalefactor=1 / 255, swapRB=True))
            answer = self._network.forward()
        except cv2.error as cause:
            raise ModelError(f"the selfie network failed: {cause.err or cause}") from cause
        return np.array(answer[0, 0], np.float32)


def _unreadable(model: Path, cause: object) -> ModelError:
    said = " ".join(str(cause).split())
    return ModelError(f"{model} is not the selfie engine's model: {said}; install livebg again")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep LiteRT's greeting off the process's stderr; other output during that time follows afterwards."""
    try:
        stderr = os.dup(2)
    except OSError:  # a program without a console has none
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            said.seek(0)
            for line in said:
                if not line.startswith(NOISE):
                    os.write(2, line)
