"""The processing thread: source → processor → result. It opens, uses and closes its own engine and backgrounds.

It replaces an engine that fails, or that the settings no longer name. Its results go only to the loop, which decides
what leaves the program.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from livebg.core.errors import LivebgError, described
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.threads import Closed, Latest, Worker
from livebg.core.types import Background, EndOfSource, Frame, FrameSource, Result
from livebg.matting.validity import ImplausibleError
from livebg.pipeline.processor import PendingFrame, Processor

log = logging.getLogger(__name__)

WAIT_S = 0.5  # for a frame, before it checks again whether to stop
RENEW_S = 5.0
LONGEST_RENEW_S = 300.0
STOP_S = 2.0
ENGINE = ("engine", "model", "weights", "subject", "matte_size", "selfie_model", "device", "precision", "runtime")


class Changing(Protocol):
    """scene.backgrounds.selector.BackgroundSelector, as this thread uses it."""

    def of(self, settings: Settings) -> Background: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Openers:
    """processor: opens the processor, and gives the source that it reads (maybe delayed); raises LivebgError."""

    processor: Callable[[Settings], tuple[Processor, FrameSource]]
    backgrounds: Callable[[], Changing]


class Begun(NamedTuple):
    """A pending frame; pending: None if it failed at once."""

    frame: Frame
    background: Background
    pending: PendingFrame | None
    fault: str
    began_s: float


class ProcessingThread:
    """One thread. is_first: a failure to open the engine goes to the caller; else the thread tries again. renew_s: an
    engine that fails for so long, livebg opens again; the next time after twice as long, and so on."""

    def __init__(
        self, openers: Openers, controls: LiveSettings, stats: Stats, is_first: bool, renew_s: float = RENEW_S
    ) -> None:
        self._openers, self._controls, self._stats, self._is_first = openers, controls, stats, is_first
        self.slot: Latest[Result] = Latest()
        self.description, self.ready_at_s = "", None if is_first else time.monotonic()
        self._busy_since_s: float | None = None
        self._failing_since_s: float | None = None
        self._first_renew_s = self._renew_s = renew_s
        self._dropped_before = 0
        self._is_forgetting = False
        self._source: FrameSource | None = None
        self._worker = Worker("livebg-pictures", self._work, self.slot.close, self.slot.close)

    @property
    def stuck_s(self) -> float:
        """The time since work on the pending frame began."""
        since_s = self._busy_since_s
        return 0.0 if since_s is None else time.monotonic() - since_s

    @property
    def dropped(self) -> int:
        return 0 if self._source is None else self._source.dropped - self._dropped_before

    def forget(self) -> None:
        """The next frame that the source gives is the first. Any thread."""
        self._is_forgetting = True

    def stop(self) -> None:
        try:
            self._worker.stop(STOP_S)
        except TimeoutError as cause:
            log.warning("%s: livebg goes on without it", cause)

    def _work(self, stopping: threading.Event) -> None:
        with ExitStack() as parts:
            self._backgrounds = self._openers.backgrounds()
            parts.callback(self._backgrounds.close)
            if not self._opened(stopping):
                return
            parts.callback(lambda: _close(self._processor))
            under_way: Begun | None = None
            while not stopping.is_set():
                assert self._source is not None
                try:
                    # While a GPU processes a frame, take the next one only if it is there already: do not wait.
                    frame = self._source.read(0.0 if under_way else WAIT_S)
                except EndOfSource:
                    break
                begun = self._begin(frame) if frame is not None else None
                if under_way is not None:
                    self._finish(under_way)
                under_way = begun if self._processor.is_asynchronous else None
                if begun is not None and under_way is None:
                    self._finish(begun)
                if under_way is None:
                    self._renew_if_due()
            if under_way is not None:
                self._finish(under_way)
        self.slot.close()

    def _opened(self, stopping: threading.Event) -> bool:
        """Opens the thread's first engine. False: `stopping` was set before that succeeded."""
        wait_s, is_logged = self._first_renew_s, False
        while not stopping.is_set():
            settings = self._controls.settings
            try:
                self._processor, self._source = self._openers.processor(settings)
            except LivebgError as failure:
                if self._is_first:
                    raise
                log.log(
                    logging.DEBUG if is_logged else logging.ERROR,
                    "%s; livebg tries again until it can be opened",
                    failure,
                )
                is_logged = True
                stopping.wait(wait_s)
                wait_s = min(LONGEST_RENEW_S, 2 * wait_s)
                continue
            self._engine = engine_of(settings)
            self._now_ready()
            return True
        return False

    def _now_ready(self) -> None:
        assert self._source is not None
        self.description = self._processor.description
        log.info("engine: %s", self.description)
        if self.ready_at_s is None:
            self._dropped_before = self._source.dropped
            self._stats.restart_clock()
            self.ready_at_s = time.monotonic()

    def _begin(self, frame: Frame) -> Begun:
        settings, began_s = self._controls.settings, time.perf_counter()
        self._busy_since_s = time.monotonic()
        background = self._backgrounds.of(settings)
        pending, fault = None, ""
        try:
            if self._is_forgetting:
                self._is_forgetting = False
                self._processor.reset()
            pending = self._processor.begin(frame, settings, background)
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody sees this frame and the call goes on
            fault = _sentence(failure)
        return Begun(frame, background, pending, fault, began_s)

    def _finish(self, begun: Begun) -> None:
        """Hands the frame's result over as soon as the loop has taken the one before."""
        frame, composite, fault, is_broken = begun.frame, None, begun.fault, bool(begun.fault)
        try:
            if begun.pending is not None:
                composite = begun.pending.finish()
        except ImplausibleError as failure:
            fault = str(failure)
        except Exception as failure:  # noqa: BLE001 - as above
            fault, is_broken = _sentence(failure), True
        standby = begun.background.standby(frame.height, frame.width)
        now_s = time.monotonic()
        self._failing_since_s = (self._failing_since_s or now_s) if is_broken else None
        self._busy_since_s = None
        self.slot.hand(Result(frame, composite, fault, standby, time.perf_counter() - begun.began_s))
        self._processor.govern(self._controls.settings)

    def _renew_if_due(self) -> None:
        """Opens another engine if the settings name one, or this one keeps failing. If it cannot, the old one stays."""
        settings = self._controls.settings
        is_other = engine_of(settings) != self._engine
        since_s = self._failing_since_s
        if since_s is None:
            self._renew_s = self._first_renew_s
        has_failed = since_s is not None and time.monotonic() - since_s > self._renew_s
        if not is_other and not has_failed:
            return
        self._engine, self._failing_since_s = engine_of(settings), None
        self._renew_s = min(LONGEST_RENEW_S, 2 * self._renew_s)
        try:
            processor, source = self._openers.processor(settings)
        except Closed:
            raise  # the run ends
        except Exception as failure:  # noqa: BLE001 - whatever it is, the call goes on
            log.warning("%s; the engine stays as it was", _sentence(failure))
            return
        _close(self._processor)
        self._processor, self._source = processor, source
        gc.collect()  # an engine is part of reference cycles: each change would leak 6 MB (tests/bench/soak.py)
        self._now_ready()


def engine_of(settings: Settings) -> tuple[object, ...]:
    """Equal for settings that one engine serves."""
    return tuple(getattr(settings, name) for name in ENGINE)


def _sentence(failure: Exception) -> str:
    """One line; a foreign exception gets its type's name, and for --verbose its traceback."""
    if isinstance(failure, LivebgError):
        return str(failure)
    log.debug("while a frame was under way", exc_info=failure)
    return described(failure)


def _close(processor: Processor) -> None:
    try:
        processor.close()
    except TimeoutError as cause:
        log.warning("%s: livebg goes on without it", cause)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the call goes on with the next engine
        log.warning("the engine did not end in order: %s", _sentence(failure))
