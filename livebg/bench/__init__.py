"""`livebg bench`: what this machine does with livebg, what that costs, and which settings to run on it.

Each measurement runs in a child process of its own (child.py → speed.py, quality.py); this side records the scene,
asks, and tells. Nothing heavy at import.
"""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livebg.core.errors import LivebgError, ModelError, SinkError
from livebg.core.pip_fallback import load_opencv
from livebg.core.private_files import temporary_folder
from livebg.core.settings import Settings, change
from livebg.pipeline.signals import ENDING, interrupt_by_all

if TYPE_CHECKING:
    from livebg.bench.recording import Recording

log = logging.getLogger(__name__)

SECONDS = 10.0
PICTURE = "livebg-bench.png"


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is asked of the bench beyond livebg's settings; cases: a folder of clips with true alphas."""

    is_json: bool = False
    is_comparison: bool = False
    picture: str = ""
    cases: str = ""


def own_settings(settings: Settings, source: str | None, seconds: str | None) -> Settings:
    """livebg's settings as the bench takes them: no outputs; source and time only from its own command line.

    source, seconds: as asked there, already in the settings then; None otherwise.
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


def run(settings: Settings, wish: BenchOptions) -> Iterator[str]:
    """Measures, and yields lines as they are known. Raises LivebgError, and KeyboardInterrupt after what was known."""
    load_opencv()
    from livebg.bench import report
    from livebg.core.machine import card

    machine = card()
    if not wish.is_json:
        yield from (*report.pairs(machine), "", report.COVERED, *report.load_note(machine), "")
    with _interruptible(), temporary_folder() as folder:
        bench = _Bench(settings, machine, folder)
        try:
            yield from _compared(bench, wish) if wish.is_comparison else _single(bench, wish)
        except KeyboardInterrupt:
            yield from _interrupted(bench, wish)
            raise


class _Bench:
    """What was measured so far, and the recordings to measure with, one for each size."""

    def __init__(self, settings: Settings, machine: dict[str, str], folder: Path) -> None:
        self.settings, self.machine, self._folder = settings, machine, folder
        self._recordings: dict[str, Recording] = {}
        self.runs: list[dict[str, Any]] = []
        self.points: list[dict[str, Any]] = []
        self.left_out: list[str] = []

    def recording(self, settings: Settings) -> Recording:
        from livebg.bench.recording import record

        if settings.size not in self._recordings:
            log.info("recording the scene to measure with, %s", settings.source or f"synthetic, {settings.size}")
            self._recordings[settings.size] = record(settings, self._folder)
        return self._recordings[settings.size]

    def measure(self, settings: Settings) -> dict[str, Any]:
        """Flat out, then live: by then whatever is cached at the first start is cached."""
        from livebg.bench import child, report

        recording = self.recording(settings)
        what = f"{settings.engine} at {recording.width}x{recording.height}"
        what += f", matte {settings.matte_size} px" if settings.matte_size else ""
        passes = {}
        for pace, told in (("every-frame", "flat out"), ("own", f"live at {settings.fps:g} fps")):
            log.info("measuring %s, %s, %g s", what, told, settings.seconds)
            passes[pace] = child.measure_speed(settings, recording, pace, settings.seconds)
        self.runs.append(report.assemble(settings, passes["own"], passes["every-frame"]))
        return self.runs[-1]

    def measure_all(self, wanted: list[Settings]) -> None:
        """One after the other; what cannot be measured is left out with the reason. Raises it where nothing can."""
        for each in wanted:
            try:
                self.measure(each)
            except LivebgError as failure:
                self.left_out.append(f"{each.engine} at {each.size} not compared: {failure}")
                if each is wanted[-1] and not self.runs:
                    raise
        if not self.runs:
            raise ModelError("; ".join(self.left_out))

    def measure_points(self, clips: list[tuple[str, str]]) -> None:
        """The picture's points; without clips (and their true alphas) their cost only."""
        from livebg.bench import compare

        if not clips:
            self.left_out.append(
                "quality not measured: no folder of clips with true alphas here; --cases DIR names one"
            )
        for point in compare.curve(self.settings, self.recording(self.settings), clips):
            if isinstance(point, LivebgError):
                self.left_out.append(str(point))
            else:
                self.points.append(point)


def _single(bench: _Bench, wish: BenchOptions) -> Iterator[str]:
    from livebg.bench import advice, report

    measured = bench.measure(bench.settings)
    recommended = advice.recommend([measured], measured["size"])
    if wish.is_json:
        yield json.dumps({**measured, "recommended": recommended, "machine": bench.machine})
    else:
        yield from (*report.lines(measured), *advice.lines(recommended))


def _compared(bench: _Bench, wish: BenchOptions) -> Iterator[str]:
    from livebg.bench import advice, compare, curve, quality, report

    path = Path(wish.picture or PICTURE)
    if path.suffix.lower() != ".png" or not path.absolute().parent.is_dir():
        raise SinkError(f"--picture {path}: must end in .png, in a folder that exists")
    cases = quality.find_cases(wish.cases)
    wanted, bench.left_out = compare.configurations(bench.settings)
    bench.measure_all(wanted)
    size = bench.runs[0]["size"] if bench.settings.source else bench.settings.size
    recommended = advice.recommend(bench.runs, size)
    if not wish.is_json:
        yield from (*report.comparison(bench.runs), *bench.left_out, *advice.lines(recommended), "")
    told = len(bench.left_out)
    bench.measure_points(quality.clips(cases) if cases else [])
    curve.draw(path, bench.runs, bench.points, bench.machine)
    if wish.is_json:
        yield json.dumps({**_everything(bench), "recommended": recommended, "picture": str(path)})
    else:
        yield from (*report.curve_table(bench.points), *bench.left_out[told:], f"written     {path}")


def _interrupted(bench: _Bench, wish: BenchOptions) -> Iterator[str]:
    """What was known by then."""
    from livebg.bench import report

    if wish.is_json:
        yield json.dumps({**_everything(bench), "interrupted": True})
    elif bench.runs or bench.points:
        yield "interrupted; measured until then:"
        yield from report.comparison(bench.runs)
        yield from report.curve_table(bench.points) if bench.points else ()
    else:
        yield "interrupted before anything was measured"


def _everything(bench: _Bench) -> dict[str, Any]:
    return {"runs": bench.runs, "curve": bench.points, "left_out": bench.left_out, "machine": bench.machine}


@contextmanager
def _interruptible() -> Iterator[None]:
    """Signals that ask for an end interrupt, even if a script had SIGINT ignored: no measuring process is left behind.

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
