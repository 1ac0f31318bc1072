"""The processor of frames on a GPU: frame in, composite out, with one frame in flight if the caller wants that.

The chain's steps of the small alpha run on the host (host_steps.py), between the device's two halves of a frame: when
the caller finishes it, so in the frames' order; the device works on the next frame's first half meanwhile.

With a guide, the network looks only where people are (models/guided): the finder looks at each frame on the host, when
the frame begins, a few milliseconds in which the device works on the frame before. Its belief never serves another one.

Owns the fallback levels: if the device fails, the processor goes one level lower, logs that once, and sends the frame
again; after the last level it gives up, and its owner continues with the CPU. A frame without a valid matte is
a ModelError.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from torch import nn

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Background, Composite, Frame, fault_of, fault_of_flat, fault_of_range
from livebg.matting import support
from livebg.matting.item import Item
from livebg.models.guided.gate import opening
from livebg.models.guided.guide import Guide
from livebg.models.guided.region import second_size
from livebg.pipeline.cuda.failures import Failure, failure_in, failure_of
from livebg.pipeline.cuda.fallback import Level, fallback_levels
from livebg.pipeline.cuda.host_steps import Corrected, HostSteps
from livebg.pipeline.cuda.in_flight import InFlight, Look, Outputs, Size
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.programs import Programs
from livebg.pipeline.cuda.streams import Streams, open_streams
from livebg.pipeline.cuda.warm_up import FRAMES, EveryShape, run_noise

log = logging.getLogger(__name__)

INVALID_IN_A_ROW = 3  # invalid mattes before it tries a lower level: half precision may be the cause


class GpuProcessor:
    """Processes frames of any size on this device.

    network: float32, on the CPU, RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w) in 0..1; it uses a copy. host: the
    host's steps for each frame. device: cuda, cuda:N, mps or cpu. matte_size: (h, w), or the short side in px.
    precision: auto, f16, bf16 or f32. is_plain: begin with the reference, without folding, channels-last and graphs.
    reason: for the description. guide: finds the people, and is closed here; matte_size is then a short side. None: the
    network looks at the whole picture.
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
        guide: Guide | None = None,
    ) -> None:
        self._matte_size = matte_size
        self._host, self._guide = host, guide
        self._streams: Streams = open_streams(device)
        self._levels: list[Level] = fallback_levels(precision, self._streams, is_plain)
        self._programs = Programs(network, self._streams, input_mean, outputs or Outputs())
        self._reason = reason
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
        program = self._programs.present
        size = self._matte_size if program is None or self._guide is not None else program.sizes.matte
        text = f"{size[0]}x{size[1]}" if isinstance(size, tuple) else f"{size} px"
        guided = "" if self._guide is None else f"; guided by {self._guide.description}"
        reason = self._reason or "asked for"
        return f"rmbg {text} on {self._streams.device}, {self._levels[0].name}: {reason}{guided}"

    @property
    def matte_px(self) -> int:
        """The short side, px, at which the network takes a whole picture; a region has the same area."""
        return min(self._matte_size) if isinstance(self._matte_size, tuple) else self._matte_size

    def resize(self, matte_px: int) -> None:
        """From the next frame on. The first frame of a size waits for its memory and graphs."""
        self._matte_size = matte_px

    @property
    def preparations(self) -> tuple[int, int]:
        """Another pair after each frame that waited for memory or a graph."""
        return self._programs.preparations

    def warm_up(self, height: int, width: int, say: Callable[[str], None]) -> None:
        """Does the setup for which the first frames of this size would wait. Raises ModelError if no level works."""
        started_s = time.perf_counter()
        with self._unseen(self._host.for_noise()):
            level = None
            while level != self._levels[:1]:
                say(f"preparing {self.description}")
                level = self._levels[:1]
                run_noise(self, height, width, range(FRAMES) if self._guide is None else EveryShape.each)
        say(f"ready after {time.perf_counter() - started_s:.1f} s: {self.description}")

    def measure(self, height: int, width: int, host: HostSteps) -> tuple[float, float]:
        """The time of a whole frame, and of the network in it, s, for one shape of regions; the second is 0 if the
        network has no answer to noise. host: corrects the noise. Raises ModelError if no level works."""
        with self._unseen(host):
            self.step_ms = {}
            frame_s = run_noise(self, height, width, EveryShape.alike)
            return frame_s, self.step_ms.get("network", 0.0) / 1000

    @contextmanager
    def _unseen(self, host_for_noise: HostSteps) -> Iterator[None]:
        """Inside this context frames are noise that nobody sees, and that nothing learns from."""
        host, guide = self._host, self._guide
        self._host, self._guide = host_for_noise, guide and EveryShape(guide)
        try:
            with self._streams.preparing():
                yield
        finally:
            self._host, self._guide = host, guide
        self.reset()

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
        if self._guide is not None:
            self._guide.reset()
        if self._programs.present is not None:
            self._programs.present.reset()

    def close(self) -> None:
        """Releases everything; may be called twice. Unfinished frames are void."""
        if self._guide is not None:
            self._guide.close()
        if not self._end:
            self._levels, self._end = [], "it was closed"
            self._programs.close()
            self._streams.release()

    def _begin(self, pending: PendingFrame) -> tuple[Program, InFlight] | None:
        """The finder's look at the frame, once, and its start."""
        if self._guide is not None and not self.is_spent:
            try:
                pending.belief = self._guide.believe(pending.frame)
            except ModelError as failure:
                pending.failure = failure
                return None
        return self._start(pending)

    def _start(self, pending: PendingFrame) -> tuple[Program, InFlight] | None:
        """Puts the frame into the queues, on the highest level that takes it; None if the last one fails."""
        frame = pending.frame
        while not self.is_spent:
            level, look = self._levels[0], self._look(pending)
            try:
                program = self._programs.of(level, (frame.height, frame.width), self._matte_size, look)
                return program, program.start(frame, look)
            except RuntimeError as cause:
                failure = failure_of(cause)
            self._step_down(failure)  # outside of `except`, whose traceback keeps the device's memory in use
        return None

    def _look(self, pending: PendingFrame) -> Look | None:
        if self._guide is None:
            return None
        belief = pending.belief
        assert belief is not None, "a guided network looked at a frame without a belief"
        short_px = self._levels[0].short_px(self.matte_px)
        region = self._guide.region(belief, pending.frame, short_px)
        smaller = None if region is None else second_size(region.size, short_px)
        return Look(region, opening(belief.values, self._guide.edge(belief, pending.frame)), smaller)

    def _step_down(self, failure: Failure) -> None:
        """Goes one level lower; to the end if the device is lost. Logs it once, with a remedy."""
        self._programs.drop()
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
        if pending.failure is not None:
            raise pending.failure
        while pending.sent is not None and self._levels:
            program, flight = pending.sent
            if program.has_failed:
                pending.sent = self._start(pending)
                continue
            failure = failure_in(flight.wait_for_answer)
            if failure is None:
                corrected = self._correct(program, flight, pending)
                failure = failure_in(partial(self._go_on, program, flight, corrected, pending))
            if failure is None:
                program.end(flight)
                self.step_ms = flight.step_ms()
                return self._composite_of(flight, corrected, pending)
            program.has_failed = True  # also where another size has its successor
            self._step_down(failure)
        raise ModelError(f"frame {pending.frame.sequence} got no matte on {self._streams.device}: {self._end}")

    def _correct(self, program: Program, flight: InFlight, pending: PendingFrame) -> Corrected:
        """The host's part between the halves; ends the flight if it raises. Raises ModelError."""
        frame, settings = pending.frame, pending.settings
        try:
            alpha = self._answer(flight, frame)
            return self._host.correct(alpha, frame, settings, pending.background)
        except BaseException:
            program.end(flight)
            raise

    def _answer(self, flight: InFlight, frame: Frame) -> Alpha:
        """The network's answer. Raises ModelError if it is none: what the gate let through of it tells too little."""
        alpha, looks = Alpha(flight.answer(), frame.sequence), flight.extremes()
        self._judge(_first(fault_of_range(*each) for each in looks) or fault_of(alpha, frame), frame)
        dead = _first(fault_of_flat(*each, alpha.values.size) for each in looks)
        if dead:
            raise ModelError(f"{frame}: {dead}")
        return alpha

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


def _first(faults: Iterable[str]) -> str:
    """The first that is one; '' if none is."""
    return next(filter(None, faults), "")


class PendingFrame:
    """A pending frame. Call finish() once, in the order of begin()."""

    def __init__(self, processor: GpuProcessor, frame: Frame, settings: Settings, background: Background) -> None:
        self.frame, self.settings, self.background = frame, settings, background
        self._processor = processor
        self.belief: Alpha | None = None  # the finder's
        self.failure: ModelError | None = None  # the finder's: finish() raises it
        self.sent = processor._begin(self)

    def finish(self) -> Composite:
        """Does the host's part and the second half, and waits for the composite; the caller owns it and its alpha.

        image: BGR uint8 (H, W, 3), or I420 uint8 (H * 3/2, W) if outputs require that and the device composes.
        alpha: None unless outputs require it. Raises ModelError, BackgroundError.
        """
        return self._processor._finish(self)
