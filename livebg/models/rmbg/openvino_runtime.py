"""Runs the network on OpenVINO, at any size, in the best precision that the device has and the alpha bears.

One thread at a time, any thread; OpenVINO has threads of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from livebg.core.errors import ModelError, counted
from livebg.core.machine import cores
from livebg.core.types import Matte
from livebg.models.openvino import capabilities, full_name
from livebg.models.rmbg import precision as precisions
from livebg.models.rmbg.compiled_cache import compile_or_read
from livebg.models.rmbg.int8_form import Int8Form
from livebg.models.rmbg.openvino_cache import exported, without_tail

if TYPE_CHECKING:
    from livebg.models.rmbg.source import NetworkSource

SIZES_HELD = 3  # compiled forms for one size each, in memory


class OpenVinoRuntime:
    """A torch_runtime.Runtime on a processor, or on an Intel GPU or NPU.

    The export from torch takes 2 to 3 s (2 cores), comparing the precisions 3 s; both are stored on disk. Compiling
    takes 0.5 s, on the CPU for every size at once. int8 is compiled for one size (for all at once it is 20 % slower),
    which takes 1.4 s, and stored.
    """

    at_once = 1

    def __init__(
        self,
        source: NetworkSource,
        cache: Path | None = None,
        precision: str = "auto",
        plugin: str = "CPU",
        threads: int | None = None,
    ) -> None:
        """precision: auto, f32, f16, bf16 or int8. plugin: OpenVINO's name of the device. threads: of the CPU.

        None: usual_threads(). Raises ModelError where the device has no such precision or int8 has not been made, and
        what OpenVINO raises.
        """
        self._abilities = capabilities(plugin)
        if precision != "auto":
            precisions.check_pinned(precision, self._abilities, full_name(plugin))
        model, self._kept = exported(source, cache)
        self._model, self._has_tail = without_tail(model)
        self._source, self._int8 = source, Int8Form(self._kept)
        if precision == "int8":
            self._int8.model()
        self._plugin, self._threads = plugin, threads or usual_threads()
        self._chosen = "" if precision == "auto" else precision
        self._said = self._chosen
        self._requests: dict[tuple[str, int, int], Any] = {}

    @property
    def description(self) -> str:
        return f"openvino {self._said}".strip()

    def warm_up(self, height: int, width: int) -> None:
        self.run(np.zeros((1, 3, height, width), np.float32))

    def run(self, pixels: Matte) -> Matte:
        """float32 (1, 3, H, W) in -0.5..0.5 → alpha float32 (H, W) in 0..1, the caller's own. Raises ModelError."""
        height, width = pixels.shape[2:]
        try:
            if not self._chosen:
                self._choose(height, width)
            return self._run(self._chosen, pixels)
        except RuntimeError as cause:
            reason = str(cause).strip().splitlines()[-1]
            raise ModelError(
                f"OpenVINO cannot run the network at {width}x{height}: {reason}; try --runtime torch"
            ) from cause

    def run_all(self, pixels: Matte) -> Matte:
        """One by one, as one picture fills the device: float32 (N, 3, H, W) → alphas float32 (N, H, W).

        Raises ModelError.
        """
        return np.stack([self.run(pixels[each : each + 1]) for each in range(len(pixels))])

    def quantise(self, pixels: Sequence[Matte]) -> str:
        """Make the int8 form and store it; returns what was made. Takes half a minute or more. Raises ModelError.

        pixels: float32 (1, 3, H, W), two or more of one size, of the kind it will be used on: --precision auto then
        takes it where it is faster.
        """
        precisions.check_pinned("int8", self._abilities, full_name(self._plugin))

        def open_run(model: Any) -> precisions.Run:
            compiled: dict[tuple[int, int], Any] = {}

            def run(pixels: Matte) -> Matte:
                height, width = pixels.shape[2:]
                if (height, width) not in compiled:
                    compiled[height, width] = self._compile(model, "int8", height, width, None)
                return self._infer(compiled[height, width], pixels)

            return run

        made = self._int8.make_from(pixels, self._model, lambda each: self._run("f32", each), open_run)
        self._requests = {key: each for key, each in self._requests.items() if key[0] != "int8"}
        held = counted(len(pixels) // 2, "picture")
        return f"int8, alpha within {made.difference.mean:.4f} of f32 on average, on {held} that it was not fitted to"

    def close(self) -> None:
        self._requests.clear()
        self._model = None

    def _choose(self, height: int, width: int) -> None:
        """Take the precision chosen earlier for this processor and size, or choose now. It stays for other sizes."""
        proven = self._int8.proven(min(height, width))
        wanted = precisions.candidates(self._abilities, proven is not None)
        name = full_name(self._plugin)
        file = self._kept.place(f"-precision-{self._plugin.lower()}-{height}x{width}.json")
        verdict = precisions.read_verdict(file, name, wanted) if self._kept.is_lasting else None
        if verdict is None:
            probes = precisions.probe_pixels(height, width, self._source.input_mean)
            known = {"int8": proven} if proven else {}
            verdict = precisions.judge(lambda each: lambda pixels: self._run(each, pixels), wanted, name, probes, known)
            if self._kept.is_lasting and verdict.is_final:
                precisions.write_verdict(file, verdict)
        self._chosen, self._said = verdict.precision, verdict.text
        self._requests = {key: each for key, each in self._requests.items() if key[0] == self._chosen}

    def _run(self, precision: str, pixels: Matte) -> Matte:
        return self._infer(self._request(precision, *pixels.shape[2:]), pixels)

    def _infer(self, request: Any, pixels: Matte) -> Matte:
        answer = request.infer({0: pixels}, share_inputs=True, share_outputs=True)[0][0, 0]
        if not self._has_tail:
            copied: Matte = answer.copy()  # the request's own memory is overwritten by the next picture
            return copied
        enlarged = cv2.resize(answer, (pixels.shape[3], pixels.shape[2]), interpolation=cv2.INTER_LINEAR)
        return squash(np.asarray(enlarged, np.float32))

    def _request(self, precision: str, height: int, width: int) -> Any:
        """The inference request in this precision at this size; compiles it where necessary."""
        if self._plugin == "CPU" and precision != "int8":
            height = width = -1  # any; GPU and NPU would compile for each size anyway
        key = (precision, height, width)
        if key in self._requests:
            self._requests[key] = self._requests.pop(key)  # newest last
            return self._requests[key]
        sizes = [each for each in self._requests if each[1] > 0]
        if len(sizes) >= SIZES_HELD:
            del self._requests[sizes[0]]
        model = self._int8.model() if precision == "int8" else self._model
        size = f"-{height}x{width}" if height > 0 else ""
        file = self._kept.place(f"-{precision}-{self._plugin.lower()}-{self._threads}{size}.blob")
        self._requests[key] = self._compile(model, precision, height, width, file if self._kept.is_lasting else None)
        return self._requests[key]

    def _compile(self, model: Any, precision: str, height: int, width: int, file: Path | None) -> Any:
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self._plugin == "CPU":
            options["INFERENCE_NUM_THREADS"] = self._threads
        if precision == "int8":  # for the parts that are not rounded
            precision = precisions.candidates(self._abilities, has_int8=False)[0]
        options["INFERENCE_PRECISION_HINT"] = precision
        sized = model.clone()
        sized.reshape([1, 3, height, width])
        return compile_or_read(sized, self._plugin, options, file).create_infer_request()


def squash(logits: Matte) -> Matte:
    """The logistic function, float32 of any shape → 0..1, in place."""
    np.negative(logits, out=logits)
    cv2.exp(logits, logits)
    logits += 1
    np.reciprocal(logits, out=logits)
    return logits


def usual_threads() -> int:
    """How many threads infer: all cores, less one for capture and encoding where there are more than two.

    On 2 cores two threads take half the time of one, and little more than one where another program is busy.
    threads.give_way lets the picture's own thread have its core's time.
    """
    number = cores()
    return number if number <= 2 else number - 1
