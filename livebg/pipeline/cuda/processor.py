"""The processor of frames on a GPU: frame in, composite out, with one frame in flight if the caller wants that.

The chain's steps of the small alpha run on the host (host_steps.py), between the device's two halves of a frame: when
the caller finishes it, so in the frames' order; the device works on the next frame's first half meanwhile.

Owns the fallback levels: if the device fails, the processor goes one level lower, logs that once, and sends the frame
again; after the last level it gives up, and its owner continues with the CPU. A frame without a valid matte is
a ModelError.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from torch import nn

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Background, Composite, Frame, fault_of
from livebg.matting import support
from livebg.matting.item import Item
from livebg.pipeline.cuda.failures import Failure, failure_of
from livebg.pipeline.cuda.fallback import Level, build, fallback_levels, matte_size_for
from livebg.pipeline.cuda.host_steps import Corrected, HostSteps
from livebg.pipeline.cuda.in_flight import InFlight, Outputs, Size
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.streams import Streams, open_streams
from livebg.pipeline.cuda.warm_up import run_noise

log = logging.getLogger(__name__)

INVALID_IN_A_ROW = 3  # invalid mattes before it tries a lower level: half precision may be the cause


class GpuProcessor:
    """Processes frames of any size on this device.

    network: float32, on the CPU, RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w) in 0..1; it uses a copy. host: the
    host's steps for each frame. device: cuda, cuda:N, mps or cpu. matte_size: (h, w), or the short side in px.
    precision: auto, f16, bf16 or f32. is_plain: begin with the reference, without folding, channels-last and graphs.
    reason: for the description.
    Raises ModelError.
    """

    def __init__(
        self,
        network: nn.Module,
        host: HostSteps,
        device: str,
        matte_size: Size | int,
        input_mean: float = 0.5,
        precision: str = "auto",
        *,
        is_plain: bool = False,
        reason: str = "",
        outputs: Outputs | None = None,
    ) -> None:
        self._network, self._matte_size, self._input_mean = network, matte_size, input_mean
        self._host = host
        self._streams: Streams = open_streams(device)
        self._levels: list[Level] = fallback_levels(precision, self._streams, is_plain)
        self._reason, self._outputs = reason, outputs or Outputs()
        self._program: Program | None = None
        self._end = ""
        self._invalid = 0
        self.step_ms: dict[str, float] = {}  # of the last finished frame, by the device's clock

    @property
    def is_spent(self) -> bool:
        """True when this device runs nothing any more: every frame from now on is a ModelError."""
        return not self._levels

    @property
    def description(self) -> str:
        if self.is_spent:
            return f"rmbg on {self._streams.device}: {self._end}"
        size = self._program.matte_size if self._program else self._matte_size
        text = f"{size[0]}x{size[1]}" if isinstance(size, tuple) else f"{size} px"
        return f"rmbg {text} on {self._streams.device}, {self._levels[0].name}: {self._reason or 'asked for'}"

    def warm_up(self, height: int, width: int, say: Callable[[str], None]) -> None:
        """Does the setup for which the first frames of this size would wait. Raises ModelError if no level works."""
        started_s = time.perf_counter()
        host, self._host = self._host, self._host.for_noise()
        try:
            level = None
            while level != self._levels[:1]:
                say(f"preparing {self.description}")
                level = self._levels[:1]
                run_noise(self, height, width)
        finally:
            self._host = host
        self.reset()
        say(f"ready after {time.perf_counter() - started_s:.1f} s: {self.description}")

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite:
        """This frame's composite. Raises ModelError if there is no valid matte of it."""
        return self.begin(frame, settings, background).finish()

    def begin(self, frame: Frame, settings: Settings, background: Background) -> PendingFrame:
        """Sends a frame on its way without waiting for it. A second one may begin before the first is finished.

        finish() raises the device's failures. Raises BackgroundError.
        """
        return PendingFrame(self, frame, settings, background)

    def reset(self) -> None:
        """Forgets what earlier frames left behind (a new source)."""
        self._invalid = 0
        self._host.reset()
        if self._program is not None:
            self._program.reset()

    def close(self) -> None:
        """Releases everything; may be called twice. Unfinished frames are void."""
        if not self._end:
            self._levels, self._program, self._end = [], None, "it was closed"
            self._network = nn.Identity()
            self._streams.release()

    def _start(self, pending: PendingFrame) -> tuple[Program, InFlight] | None:
        """Puts the frame into the queues, on the highest level that takes it; None if the last one fails."""
        frame = pending.frame
        while not self.is_spent:
            try:
                program = self._program_for(frame.height, frame.width)
                return program, program.start(frame)
            except RuntimeError as cause:
                failure = failure_of(cause)
            self._step_down(failure)  # outside of `except`, whose traceback keeps the device's memory in use
        return None

    def _program_for(self, height: int, width: int) -> Program:
        if self._program is None or self._program.frame_size != (height, width):
            self._program = None
            self._program = build(
                self._levels[0],
                self._network,
                self._streams,
                (height, width),
                matte_size_for(height, width, self._matte_size),
                self._input_mean,
                self._outputs,
            )
        return self._program

    def _step_down(self, failure: Failure) -> None:
        """Goes one level lower; to the end if the device is lost. Logs it once, with a remedy."""
        if self._program is not None:
            self._program.has_failed = True
            self._program = None
        failed = self._levels.pop(0)
        if failure.kind == "lost":
            self._levels.clear()
        self._streams.release()
        self._invalid = 0
        self.step_ms = {}
        if self._levels:
            log.warning(
                "%s, %s: %s; going on with %s; to get the faster way back, %s",
                *(self._streams.device, failed.name, failure.seen, self._levels[0].name, failure.following),
            )
        else:
            self._end = f"{failure.seen}; {failure.following}"
            log.warning("%s, %s: %s; nothing is left to try there", self._streams.device, failed.name, self._end)

    def _finish(self, pending: PendingFrame) -> Composite:
        """The frame's result. Raises ModelError, BackgroundError."""
        while pending.sent is not None and self._levels:
            program, flight = pending.sent
            if program.has_failed:
                pending.sent = self._start(pending)
                continue
            failure = _failure_in(flight.wait_for_answer)
            if failure is None:
                corrected = self._correct(program, flight, pending)
                failure = _failure_in(partial(self._go_on, program, flight, corrected, pending))
            if failure is None:
                program.end(flight)
                self.step_ms = flight.step_ms()
                return self._composite_of(flight, corrected, pending)
            self._step_down(failure)
        raise ModelError(f"frame {pending.frame.sequence} got no matte on {self._streams.device}: {self._end}")

    def _correct(self, program: Program, flight: InFlight, pending: PendingFrame) -> Corrected:
        """The host's part between the halves; ends the flight if it raises. Raises ModelError."""
        frame, settings = pending.frame, pending.settings
        try:
            alpha = Alpha(flight.answer(), frame.sequence)
            self._judge(fault_of(alpha, frame), frame)
            return self._host.correct(alpha, frame, settings, pending.background)
        except BaseException:
            program.end(flight)
            raise

    def _go_on(self, program: Program, flight: InFlight, corrected: Corrected, pending: PendingFrame) -> None:
        program.go_on(flight, pending.frame, corrected, pending.settings, pending.background)
        flight.wait()

    def _composite_of(self, flight: InFlight, corrected: Corrected, pending: PendingFrame) -> Composite:
        assert flight.found is not None
        support.judge(flight.found.numpy())
        full = None if flight.full is None else flight.full.numpy()
        coverage = float(corrected.alpha.values.mean())
        if corrected.is_finished_by_host:
            assert full is not None
            item = Item(pending.frame, corrected.alpha, full=full)
            return self._host.finish(item, pending.settings, pending.background)
        assert flight.image is not None
        is_transparent = pending.background.is_transparent and flight.image.ndim == 3
        return Composite(flight.image.numpy(), pending.frame, full, is_transparent, coverage)

    def _judge(self, fault: str, frame: Frame) -> None:
        """Checks the network's answer. Raises ModelError if there is a fault."""
        if not fault:
            self._invalid = 0
            return
        self._invalid += 1
        if self._invalid >= INVALID_IN_A_ROW and len(self._levels) > 1:
            self._step_down(Failure("other", f"the network's answer: {fault}", "try another --precision"))
        what = f"the network's answer to frame {frame.sequence} cannot be used"
        raise ModelError(f"{what}: {fault}; try --precision f32, or --device cpu")


def _failure_in(call: Callable[[], None]) -> Failure | None:
    """The kept part of the device's failure: not the traceback, which keeps the device's memory in use."""
    try:
        call()
    except RuntimeError as cause:
        return failure_of(cause)
    return None


class PendingFrame:
    """A pending frame. Call finish() once, in the order of begin()."""

    def __init__(self, processor: GpuProcessor, frame: Frame, settings: Settings, background: Background) -> None:
        self.frame, self.settings, self.background = frame, settings, background
        self._processor = processor
        self.sent = processor._start(self)

    def finish(self) -> Composite:
        """Does the host's part and the second half, and waits for the composite; the caller owns it and its alpha.

        image: BGR uint8 (H, W, 3), or I420 uint8 (H * 3/2, W) if outputs require that and the device composes.
        alpha: None unless outputs require it. Raises ModelError, BackgroundError.
        """
        return self._processor._finish(self)
