"""The journey of one frame on a GPU: frame in, composite out, with one frame in flight where the caller wants that.

Owns the ladder: where the device fails, the journey goes on one rung lower, says so once, and sends the frame again;
where no rung is left it is spent, and who runs it takes the CPU's way. A frame without a valid matte is a ModelError,
and nothing of it is handed out. Main thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np
from torch import nn

from livebg.errors import ModelError
from livebg.gpu.failures import Failure, failure_of
from livebg.gpu.ladder import Rung, build, matte_size_for, rungs
from livebg.gpu.lanes import Lanes, open_lanes
from livebg.gpu.passage import Outputs, Passage, Size
from livebg.gpu.program import Program
from livebg.settings import Settings
from livebg.stages import Background, Composite, Frame, Image, Matte

log = logging.getLogger(__name__)

INVALID_IN_A_ROW = 3  # answers that are no matte, before a lower rung is tried: half precision may be what fails


class GpuJourney:
    """One frame's way on this device, for frames of any size.

    network: float32, on the CPU, RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w) in 0..1; copied, not changed.
    device: cuda, cuda:N, mps or cpu. matte_size: (h, w), or the short side in px. precision: auto, f16, bf16 or f32.
    is_plain: begin with the reference, without folding, channels-last and graphs. reason: for the description.
    Raises ModelError.
    """

    def __init__(
        self,
        network: nn.Module,
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
        self._lanes: Lanes = open_lanes(device)
        self._rungs: list[Rung] = rungs(precision, self._lanes, is_plain)
        self._reason, self._outputs = reason, outputs or Outputs()
        self._program: Program | None = None
        self._end = ""
        self._invalid = 0
        self.stage_ms: dict[str, float] = {}  # of the last finished frame, on the device's clock

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
        noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        is_ready = False
        while not is_ready:
            say(f"preparing {self.description}")
            rung = self._rungs[:1]
            for number in range(3):
                frame = Frame(noise, number, 0.0, number / 30)
                try:
                    self.composite(frame, Settings(), _PlainColour(height, width))
                except ModelError as failure:
                    if self.is_spent:
                        raise
                    log.debug("while warming up: %s", failure)  # noise may be no picture for this network
            is_ready = self._rungs[:1] == rung
        self.reset()
        say(f"ready after {time.perf_counter() - started_s:.1f} s: {self.description}")

    def composite(self, frame: Frame, settings: Settings, background: Background) -> Composite:
        """This frame's composite. Raises ModelError where no valid matte of it can be had."""
        return self.begin(frame, settings, background).finish()

    def begin(self, frame: Frame, settings: Settings, background: Background) -> Ticket:
        """Send a frame on its way without waiting for it. A second one may be begun before the first is finished.

        What the device fails of is raised by finish(). Raises BackgroundError.
        """
        return Ticket(self, frame, settings, background)

    def reset(self) -> None:
        """Forget what earlier frames left behind (a new source)."""
        self._invalid = 0
        if self._program is not None:
            self._program.reset()

    def close(self) -> None:
        """Give everything back; may be called twice. Tickets not finished are void."""
        if not self._end:
            self._rungs, self._program, self._end = [], None, "it was closed"
            self._network = nn.Identity()
            self._lanes.release()

    def _start(self, ticket: Ticket) -> tuple[Program, Passage] | None:
        """The frame into the queues, on the highest rung that takes it; None where the last one fails."""
        frame = ticket.frame
        while not self.is_spent:
            try:
                program = self._program_for(frame.height, frame.width)
                return program, program.start(frame, ticket.settings, ticket.background)
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

    def _finish(self, ticket: Ticket) -> Passage:
        """The passage, come down valid. Raises ModelError."""
        while ticket.sent is not None and self._rungs:
            program, passage = ticket.sent
            if program.has_failed:
                ticket.sent = self._start(ticket)
                continue
            try:
                passage.wait()
            except RuntimeError as cause:
                failure = failure_of(cause)
            else:
                program.end(passage)
                self._judge(passage, ticket.frame)
                return passage
            self._step_down(failure)
        raise ModelError(f"frame {ticket.frame.sequence} got no matte on {self._lanes.device}: {self._end}")

    def _judge(self, passage: Passage, frame: Frame) -> None:
        if passage.is_valid:
            self._invalid = 0
            self.stage_ms = passage.stage_ms()
            return
        self._invalid += 1
        what = "holds values outside 0 to 1, or none that are numbers"
        if self._invalid >= INVALID_IN_A_ROW and len(self._rungs) > 1:
            self._step_down(Failure("other", f"the network's answer {what}", "try another --precision"))
        raise ModelError(f"the network's answer to frame {frame.sequence} {what}; try --precision f32, or --device cpu")


class Ticket:
    """A frame on its way. finish() once, in the order of begin()."""

    def __init__(self, journey: GpuJourney, frame: Frame, settings: Settings, background: Background) -> None:
        self.frame, self.settings, self.background = frame, settings, background
        self._journey = journey
        self.sent = journey._start(self)

    def finish(self) -> Composite:
        """Wait for the composite; it and its alpha belong to the receiver. Raises ModelError, BackgroundError.

        image: BGR uint8 (H, W, 3), or I420 uint8 (H * 3/2, W) where outputs ask for that. alpha: None unless asked for.
        """
        passage = self._journey._finish(self)
        assert passage.image is not None
        alpha = None if passage.alpha is None else passage.alpha.numpy()
        is_transparent = self.background.is_transparent and passage.image.ndim == 3
        return Composite(passage.image.numpy(), self.frame, alpha, is_transparent)


class _PlainColour:
    """What stands behind while warming up."""

    is_transparent = False
    needs_matte = False

    def __init__(self, height: int, width: int) -> None:
        self._picture = np.zeros((height, width, 3), np.uint8)

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        return self._picture

    def standby(self, height: int, width: int) -> Image:  # noqa: ARG002 - the Protocol's shape
        return self._picture

    def close(self) -> None:
        pass
