"""The network on OpenVINO: compiled for this processor, in the best precision that it has, for one size at a time.

Knows arrays and the network's module, nothing about pictures or checkpoints. Main thread only; OpenVINO keeps threads
of its own.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs

from livebg.errors import ModelError
from livebg.matting.runtime import cores
from livebg.stages import Matte

if TYPE_CHECKING:
    from torch import nn

    from livebg.matting.runtime import NetworkSource

log = logging.getLogger(__name__)

EXPORT_VERSION = 1  # counts up when rmbg_net.py's arithmetic or the export changes, so that old exports are not used


class OpenVinoRuntime:
    """A runtime.Runtime on the CPU.

    Compiling takes 1 s, the export from torch 2 to 3 s (2 cores): the export is kept on disk (176 MB), the compiled
    form is not, since it costs as much space again for each size and saves half a second.
    """

    def __init__(self, source: NetworkSource, cache: Path | None = None, precision: str | None = None) -> None:
        """precision: 'f32' or 'bf16' instead of what the processor does best. Raises what OpenVINO raises."""
        openvino = import_openvino()
        self._core = the_core()
        self._model = _exported(openvino, self._core, source, cache)
        self._options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads()}
        if precision is not None:
            self._options["INFERENCE_PRECISION_HINT"] = precision
        self._request: Any = None
        self._size = (0, 0)
        self._precision = "openvino"

    @property
    def description(self) -> str:
        return self._precision

    def warm_up(self, height: int, width: int) -> None:
        self.run(np.zeros((1, 3, height, width), np.float32))

    def run(self, pixels: Matte) -> Matte:
        height, width = pixels.shape[2:]
        try:
            if (height, width) != self._size:
                self._compile(height, width)
            answer = self._request.infer({0: pixels}, share_inputs=True, share_outputs=True)
        except RuntimeError as cause:
            reason = str(cause).strip().splitlines()[-1]
            raise ModelError(
                f"OpenVINO cannot run the network at {width}x{height}: {reason}; try --runtime torch"
            ) from cause
        downloaded: Matte = answer[0][0, 0].copy()  # the request's own memory is overwritten by the next picture
        return downloaded

    def _compile(self, height: int, width: int) -> None:
        self._request, self._size = None, (0, 0)
        self._model.reshape([1, 3, height, width])
        compiled = self._core.compile_model(self._model, "CPU", self._options)
        self._request = compiled.create_infer_request()
        self._size = (height, width)
        self._precision = f"openvino {compiled.get_property('INFERENCE_PRECISION_HINT').to_string()}"

    def close(self) -> None:
        self._request = self._model = None


def import_openvino() -> Any:
    """The module, without its usage reports: left alone, it tells an analytics service of each import and conversion.

    It does without where the reporting package is missing, so that package is made to look missing meanwhile.
    """
    reporter = "openvino_telemetry"
    before = sys.modules.get(reporter)
    sys.modules[reporter] = None  # type: ignore[assignment] # the documented way to make an import fail
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[reporter]
        if before is not None:
            sys.modules[reporter] = before


@functools.cache
def the_core() -> Any:
    """OpenVINO's Core with its CPU plugin, one for the whole process, never destroyed. Raises what OpenVINO raises.

    The plugin gives the process an alternative signal stack and, when destroyed, puts back the one it had found: of
    two plugins destroyed in the order of their making the second puts back the first one's freed memory, and the next
    Ctrl-C ends the process with a segmentation fault (seen with 2026.4).
    """
    core = import_openvino().Core()
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plugin: where it cannot work, that is told here
    return core


def threads() -> int:
    """How many threads infer: all cores, less one for capture and encoding where there are more than two.

    On 2 cores two threads take half the time of one, and little more than one where another program is busy.
    """
    number = cores()
    return number if number <= 2 else number - 1


def _exported(openvino: Any, core: Any, source: NetworkSource, cache: Path | None) -> Any:
    """OpenVINO's form of the network for any size, from disk where it was kept before."""
    folder = cache or platformdirs.user_cache_path("livebg") / "openvino"
    if source.identity:
        kept = _place(openvino, folder, source.identity)
        try:
            if kept.is_file():
                return core.read_model(kept)
        except RuntimeError as cause:
            log.info("kept export %s cannot be read (%s), made anew", kept, str(cause).splitlines()[0])
    model = _export(openvino, source.load())
    if source.identity:
        _keep(openvino, model, _place(openvino, folder, source.identity))
    return model


def _place(openvino: Any, folder: Path, identity: str) -> Path:
    name = hashlib.sha256(f"{identity} {EXPORT_VERSION} {openvino.__version__}".encode()).hexdigest()
    return folder / f"rmbg-{name[:24]}.xml"


def _export(openvino: Any, network: nn.Module) -> Any:
    import torch

    example = torch.zeros(1, 3, 64, 96)
    with warnings.catch_warnings(), torch.inference_mode():
        # OpenVINO wants a torch.jit trace, which torch has deprecated: nothing that a user of livebg could act on.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Traced here, because convert_model would also check its trace by running the network twice more: 2 s of 4.
        traced = torch.jit.trace(network.eval(), example, check_trace=False)  # type: ignore[no-untyped-call] # torch
        return openvino.convert_model(traced, example_input=example, input=[1, 3, -1, -1])


def _keep(openvino: Any, model: Any, kept: Path) -> None:
    """Write the export, complete or not at all: the .xml that is looked for comes last. A full disk is no failure."""
    draft = kept.with_name(f"{kept.stem}-{os.getpid()}.xml")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        openvino.save_model(model, draft, compress_to_fp16=False)  # rounded, a later start would answer otherwise
        draft.with_suffix(".bin").replace(kept.with_suffix(".bin"))
        draft.replace(kept)
    except (OSError, RuntimeError) as cause:
        log.info("the export is not kept in %s: %s", kept.parent, str(cause).splitlines()[0])
        for left in (draft, draft.with_suffix(".bin")):
            with contextlib.suppress(OSError):
                left.unlink()
