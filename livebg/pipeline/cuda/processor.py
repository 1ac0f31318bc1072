"""The journey of one frame on a GPU: frame in, composite out, with one frame in flight where the caller wants that.

Between the device's two halves of a frame stands the host's part (host_part.py), done when the frame is finished, and
so in the frames' order; the device is at the next frame's first half meanwhile.

Owns the ladder: where the device fails, the journey goes on one rung lower, says so once, and sends the frame again;
where no rung is left it is spent, and who runs it takes the CPU's way. A frame without a valid matte is a ModelError.
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
from livebg.pipeline.cuda.failures import Failure, failure_of
from livebg.pipeline.cuda.fallback import Rung, build, matte_size_for, rungs
from livebg.pipeline.cuda.host_steps import Corrected, Detour, HostPart
from livebg.pipeline.cuda.in_flight import Outputs, Passage, Size
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.streams import Lanes, open_lanes
from livebg.pipeline.cuda.warm_up import rehearse

log = logging.getLogger(__name__)

INVALID_IN_A_ROW = 3  # answers that are no matte, before a lower rung is tried: half precision may be what fails


class GpuProcessor:
    """One frame's way on this device, for frames of any size.

    network: float32, on the CPU, RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w) in 0..1; copied, not changed.
    host: what the host does for each frame. device: cuda, cuda:N, mps or cpu. matte_size: (h, w), or the short side in
    px. precision: auto, f16, bf16 or f32. is_plain: begin with the reference, without folding, channels-last and
    graphs. reason: for the description.
    Raises ModelError.
    """

    def __init__(
        self,
        network: nn.Module,
        host: HostPart,
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
        self._host, self._detour = host, Detour(device)
        self._lanes: Lanes = open_lanes(device)
        self._rungs: list[Rung] = rungs(precision, self._lanes, is_plain)
        self._reason, self._outputs = reason, outputs or Outputs()
        self._program: Program | None = None
        self._end = ""
        self._invalid = 0
        self.stage_ms: dict[str, float] = {}  # of the last finished frame, on the device's clock and the host's

    @property
    def is_spent(self) -> bool:
        """True when nothing on this device runs any more: every frame from now on is a ModelError."""
        return not self._rungs

    @property
    def description(self) -> str:
        if self.is_spent:
            return f"rmbg on {self._lanes.device}: {self._end}"
        size = self._program.matte_size if self._program else self._matte_size
        text = f"{size[0]}x{size[1]}" if isinstance(size, tuple) else f"{size} px"
        return f"rmbg {text} on {self._lanes.device}, {self._rungs[0].name}: {self._reason or 'asked for'}"

    def warm_up(self, height: int, width: int, say: Callable[[str], None]) -> None:
        """Do what the first frames of this size would otherwise wait for. Raises ModelError where no rung works."""
        started_s = time.perf_counter()
        host, self._host = self._host, self._host.for_noise()
        try:
            rung = None
            while rung != self._rungs[:1]:
                say(f"preparing {self.description}")
                rung = self._rungs[:1]
                rehearse(self, height, width)
        finally:
            self._host = host
        self.reset()
        say(f"ready after {time.perf_counter() - started_s:.1f} s: {self.description}")

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite:
        """This frame's composite. Raises ModelError where no valid matte of it can be had."""
        return self.begin(frame, settings, background).finish()

    def begin(self, frame: Frame, settings: Settings, background: Background) -> PendingFrame:
        """Send a frame on its way without waiting for it. A second one may be begun before the first is finished.

        What the device fails of is raised by finish(). Raises BackgroundError.
        """
        return PendingFrame(self, frame, settings, background)

    def reset(self) -> None:
        """Forget what earlier frames left behind (a new source)."""
        self._invalid = 0
        self._host.reset()
        if self._program is not None:
            self._program.reset()

    def close(self) -> None:
        """Give everything back; may be called twice. Frames not finished are void."""
        if not self._end:
            self._rungs, self._program, self._end = [], None, "it was closed"
            self._network = nn.Identity()
            self._lanes.release()

    def _start(self, ticket: PendingFrame) -> tuple[Program, Passage] | None:
        """The frame into the queues, on the highest rung that takes it; None where the last one fails."""
        frame = ticket.frame
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
                self._rungs[0],
                self._network,
                self._lanes,
                (height, width),
                matte_size_for(height, width, self._matte_size),
                self._input_mean,
                self._outputs,
            )
        return self._program

    def _step_down(self, failure: Failure) -> None:
        """One rung lower; to the end where the device is lost. Said once, with what to do."""
        if self._program is not None:
            self._program.has_failed = True
            self._program = None
        failed = self._rungs.pop(0)
        if failure.kind == "lost":
            self._rungs.clear()
        self._lanes.release()
        self._invalid = 0
        self.stage_ms = {}
        if self._rungs:
            log.warning(
                "%s, %s: %s; going on with %s; to get the faster way back, %s",
                *(self._lanes.device, failed.name, failure.seen, self._rungs[0].name, failure.following),
            )
        else:
            self._end = f"{failure.seen}; {failure.following}"
            log.warning("%s, %s: %s; nothing is left to try there", self._lanes.device, failed.name, self._end)

    def _finish(self, ticket: PendingFrame) -> Composite:
        """What came of the frame. Raises ModelError, BackgroundError."""
        while ticket.sent is not None and self._rungs:
            program, passage = ticket.sent
            if program.has_failed:
                ticket.sent = self._start(ticket)
                continue
            failure = _failure_in(passage.wait_for_answer)
            if failure is None:
                corrected = self._correct(program, passage, ticket)
                failure = _failure_in(partial(self._go_on, program, passage, corrected, ticket))
            if failure is None:
                program.end(passage)
                self.stage_ms = passage.stage_ms()
                return self._composite_of(passage, corrected, ticket)
            self._step_down(failure)
        raise ModelError(f"frame {ticket.frame.sequence} got no matte on {self._lanes.device}: {self._end}")

    def _correct(self, program: Program, passage: Passage, ticket: PendingFrame) -> Corrected:
        """The host's part between the halves; the passage is ended where it raises. Raises ModelError."""
        frame, settings, host = ticket.frame, ticket.settings, self._host
        try:
            alpha = Alpha(passage.answer(), frame.sequence)
            self._judge(fault_of(alpha, frame), frame)
            alpha = host.corrected(alpha, frame, settings, passage.host_ms)
            motion = host.see(frame) if settings.settle else None
            unsupported = host.unsupported(alpha.values, frame.height, frame.width, settings)
            is_shown_by_host = self._detour.is_wanted(host, settings, ticket.background)
            return Corrected(alpha, motion, host.plate(), is_shown_by_host, unsupported)
        except BaseException:
            program.end(passage)
            raise

    def _go_on(self, program: Program, passage: Passage, corrected: Corrected, ticket: PendingFrame) -> None:
        program.go_on(passage, ticket.frame, corrected, ticket.settings, ticket.background)
        passage.wait()

    def _composite_of(self, passage: Passage, corrected: Corrected, ticket: PendingFrame) -> Composite:
        assert passage.found is not None
        self._host.judge(passage.found.numpy())
        full = None if passage.full is None else passage.full.numpy()
        coverage = float(corrected.alpha.values.mean())
        if corrected.is_shown_by_host:
            assert full is not None
            return self._host.show(ticket.frame, corrected.alpha, full, ticket.settings, ticket.background)
        assert passage.image is not None
        is_transparent = ticket.background.is_transparent and passage.image.ndim == 3
        return Composite(passage.image.numpy(), ticket.frame, full, is_transparent, coverage)

    def _judge(self, fault: str, frame: Frame) -> None:
        """Of the network's answer. Raises ModelError where there is a fault."""
        if not fault:
            self._invalid = 0
            return
        self._invalid += 1
        if self._invalid >= INVALID_IN_A_ROW and len(self._rungs) > 1:
            self._step_down(Failure("other", f"the network's answer: {fault}", "try another --precision"))
        what = f"the network's answer to frame {frame.sequence} cannot be used"
        raise ModelError(f"{what}: {fault}; try --precision f32, or --device cpu")


def _failure_in(call: Callable[[], None]) -> Failure | None:
    """What is kept of the device's failure: not the traceback, which keeps the device's memory in use."""
    try:
        call()
    except RuntimeError as cause:
        return failure_of(cause)
    return None


class PendingFrame:
    """A frame on its way. finish() once, in the order of begin()."""

    def __init__(self, journey: GpuProcessor, frame: Frame, settings: Settings, background: Background) -> None:
        self.frame, self.settings, self.background = frame, settings, background
        self._journey = journey
        self.sent = journey._start(self)

    def finish(self) -> Composite:
        """The host's part and the second half, and wait for the composite; it and its alpha belong to the receiver.

        image: BGR uint8 (H, W, 3), or I420 uint8 (H * 3/2, W) where outputs ask for that and the device composes.
        alpha: None unless asked for. Raises ModelError, BackgroundError.
        """
        return self._journey._finish(self)
