"""`livebg bench`: how fast this machine runs livebg, what that costs, and which settings to use on it.

Each measurement runs in a child process (child.py → speed.py); this side records the scene, starts them, and reports.
Nothing heavy at import.
"""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from livebg.core.opencv import load_opencv
from livebg.core.private_files import temporary_folder
from livebg.core.settings import Settings, change
from livebg.pipeline.signals import ENDING, interrupt_by_all

if TYPE_CHECKING:
    from livebg.bench.recording import Recording
    from livebg.bench.report import Run

log = logging.getLogger(__name__)

SECONDS = 10.0


def own_settings(settings: Settings, source: str | None, seconds: str | None) -> Settings:
    """livebg's settings for the bench: no outputs; source and time only from its own command line.

    source, seconds: those of that command line, already in the settings; else None.
    """
    return change(
        settings,
        {
            "source": source or "",
            "seconds": settings.seconds if seconds is not None and settings.seconds else SECONDS,
            "to": (),
            "matte_to": "",
        },
    )


def run(settings: Settings, is_json: bool) -> Iterator[str]:
    """Measures, and yields lines, or one JSON object. Raises LivebgError, and KeyboardInterrupt after its message."""
    load_opencv()
    from livebg.bench import advice, report
    from livebg.bench.recording import record
    from livebg.core.machine import card

    machine = card()
    if not is_json:
        yield from (*report.pairs(machine), "", report.COVERED, *report.load_note(machine), "")
    with interruptible(), temporary_folder() as folder:
        try:
            log.info("recording the scene to measure with, %s", settings.source or f"synthetic, {settings.size}")
            measured = measure(settings, record(settings, folder))
        except KeyboardInterrupt:
            interrupted = json.dumps({"interrupted": True, "machine": machine})
            yield interrupted if is_json else "interrupted before anything was measured"
            raise
    recommended = advice.recommend(measured)
    is_allowed = learn(settings, measured)
    if is_json:
        yield json.dumps({**measured, "recommended": recommended, "auto_takes_rmbg": is_allowed, "machine": machine})
    else:
        yield from (*report.lines(measured), *advice.lines(recommended), *advice.auto_lines(is_allowed, settings.model))


def learn(settings: Settings, measured: Run) -> bool | None:
    """Keeps whether `--engine auto` may take rmbg on this processor, and returns it; None: that was not measured."""
    from livebg.bench import advice
    from livebg.core.machine import processor
    from livebg.models import allowance
    from livebg.models.device import choose_device

    is_usual = not settings.weights and settings.subject != "anything" and settings.latency == "lowest"
    if measured["engine"] != "rmbg" or not is_usual or choose_device(settings.device).kind != "cpu":
        return None
    is_allowed = advice.allows_auto(measured)
    width, height = (int(each) for each in measured["size"].split("x"))
    held = allowance.Allowance(settings.model, width, height, measured["asked_fps"], processor())
    allowance.remember(held if is_allowed else None)
    return is_allowed


def measure(settings: Settings, recording: Recording) -> Run:
    """Flat out, then live: by then all caches of a first start are filled. Raises LivebgError."""
    from livebg.bench import child, report

    what = f"{settings.engine} at {recording.width}x{recording.height}"
    what += f", matte {settings.matte_size} px" if settings.matte_size else ""
    passes = {}
    for pace, pace_text in (("every-frame", "flat out"), ("own", f"live at {settings.fps:g} fps")):
        log.info("measuring %s, %s, %g s", what, pace_text, settings.seconds)
        passes[pace] = child.measure_speed(settings, recording, pace, settings.seconds)
    return report.assemble(settings, passes["own"], passes["every-frame"])


@contextmanager
def interruptible() -> Iterator[None]:
    """Makes ending signals interrupt, even if a script ignores SIGINT: no measuring process is left behind.

    Only on the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in ENDING}
    interrupt_by_all()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
