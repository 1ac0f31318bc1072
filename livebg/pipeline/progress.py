"""Reports a job's progress: a bar on a terminal, lines in a log, JSON for programs. Lines go to stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livebg.core.errors import LivebgError, counted

EVERY_S = 10.0  # a line of progress
JSON_EVERY_S = 1.0


class ProgressReporter(Protocol):
    def report(self, event: Event) -> Iterator[str]:
        """The lines to print for this event."""
        ...

    def close(self) -> None: ...


def reporter_for(kind: str) -> ProgressReporter:
    """kind: auto (a bar if stderr is a terminal, else lines), bar, lines, json, none."""
    if kind == "json":
        return Json()
    if kind == "bar" or (kind == "auto" and sys.stderr.isatty()):
        return Bar()
    return Lines(is_quiet=kind == "none")


class Lines:
    def __init__(self, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._reported_s: dict[str, float] = {}

    def report(self, event: Event) -> Iterator[str]:
        if isinstance(event, Ended):
            yield summary(event)
        elif isinstance(event, Failed):
            yield f"{event.name}: failed: {event.failure}"
        elif isinstance(event, Skipped):
            yield skipping(event)
        elif self._is_quiet:
            return
        elif isinstance(event, Began):
            self._reported_s[event.name] = time.monotonic()
            yield opening(event)
        elif time.monotonic() - self._reported_s.get(event.name, 0.0) >= EVERY_S:
            self._reported_s[event.name] = time.monotonic()
            yield standing(event)

    def close(self) -> None:
        """Nothing to close."""


class Bar:
    """One bar for all films in work, by tqdm, which the model hub's downloads use, too."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar: tqdm[Any] = tqdm(total=0, unit="frame", file=sys.stderr, dynamic_ncols=True, leave=False)
        self._done: dict[str, int] = {}
        self._frames = 0

    def report(self, event: Event) -> Iterator[str]:
        if isinstance(event, Began):
            self._done[event.name] = event.done
            self._frames += event.frames - event.done
            self._bar.total = self._frames
            self._bar.set_description(event.name)
            for note in event.notes:
                yield from self._line(f"{event.name}: {note}")
        elif isinstance(event, Progress):
            self._bar.update(event.done - self._done.get(event.name, 0))
            self._done[event.name] = event.done
        elif isinstance(event, Ended):
            yield from self._line(summary(event))
        elif isinstance(event, Skipped):
            yield from self._line(skipping(event))
        else:
            yield from self._line(f"{event.name}: failed: {event.failure}")

    def _line(self, text: str) -> Iterator[str]:
        self._bar.clear()
        yield text
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


class Json:
    """One object a line, by event: began, progress (about one a second), ended, failed, skipped."""

    def __init__(self) -> None:
        self._reported_s: dict[str, float] = {}

    def report(self, event: Event) -> Iterator[str]:
        now_s = time.monotonic()
        if isinstance(event, Progress):
            if now_s - self._reported_s.get(event.name, 0.0) < JSON_EVERY_S:
                return
            self._reported_s[event.name] = now_s
        yield json.dumps(as_values(event))

    def close(self) -> None:
        """Nothing to close."""


def as_values(event: Event) -> dict[str, Any]:
    if isinstance(event, Began):
        facts = {"frames": event.frames, "done": event.done, "engine": event.engine, "notes": list(event.notes)}
        return {"event": "began", "input": event.name} | facts
    if isinstance(event, Progress):
        left_s = None if event.left_s is None else round(event.left_s, 1)
        facts = {"done": event.done, "frames": event.frames, "fps": round(event.fps, 2), "left_s": left_s}
        return {"event": "progress", "input": event.name} | facts
    if isinstance(event, Failed):
        return {"event": "failed", "input": event.name, "error": str(event.failure), "code": event.failure.exit_code}
    if isinstance(event, Skipped):
        return {"event": "skipped", "input": event.name, "outputs": [str(each) for each in event.outputs]}
    return {
        "event": "ended",
        "input": event.name,
        "outputs": [str(each) for each in event.outputs],
        "frames": event.frames,
        "seconds": round(event.seconds, 3),
        "took_s": round(event.took_s, 2),
        "without_matte": event.unmatted,
        "is_whole": event.is_whole,
        "notes": list(event.notes),
    }


def opening(event: Began) -> str:
    of = counted(event.frames, "frame") + (f", {event.done} of them done before" if event.done else "")
    return "; ".join([f"{event.name}: {of}; engine: {event.engine}", *event.notes])


def skipping(event: Skipped) -> str:
    return f"{event.name}: already done: {' and '.join(map(str, event.outputs))}"


def standing(event: Progress) -> str:
    share = event.done / max(1, event.frames)
    left = "" if event.left_s is None else f", {clock(event.left_s)} left"
    return f"{event.name}: {event.done} of {event.frames} frames ({share:.0%}), {event.fps:.1f} fps{left}"


def summary(event: Ended) -> str:
    """One line: the outputs, their length and size, the time for them, and notes."""
    made = " and ".join(map(str, event.outputs)) or "nothing"
    if not event.frames and event.is_whole:
        return "; ".join([f"{event.name} → {made}", *event.notes])
    took_s = max(event.took_s, 1e-3)
    rate = f"{event.frames / took_s:.1f} fps, {event.seconds / took_s:.2g} times its own pace"
    size = sum(_size(each) for each in event.outputs) / 1e6
    length = f"{counted(event.frames, 'frame')}, {event.seconds:.2f} s in {took_s:.1f} s ({rate})"
    text = f"{event.name} → {made}: {length}, {size:.1f} MB"
    if event.unmatted:
        shows = "shows" if event.unmatted == 1 else "show"
        text += f"; {counted(event.unmatted, 'frame')} without a valid matte {shows} the background alone"
    if not event.is_whole:
        text = f"cut off: {text}; go on with --resume"
    return "; ".join([text, *event.notes])


def clock(seconds: float) -> str:
    """'1:02', '2:03:04'."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def _size(path: Path) -> int:
    try:
        return sum(each.stat().st_size for each in path.rglob("*")) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Began:
    """frames: of the whole job; done: those from an earlier run. notes: for the user, before the start."""

    name: str
    frames: int
    done: int
    engine: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """done: finished frames of `frames`; fps: recent rate, 0 if unknown."""

    name: str
    done: int
    frames: int
    fps: float

    @property
    def left_s(self) -> float | None:
        return (self.frames - self.done) / self.fps if self.fps > 0 else None


@dataclass(frozen=True, slots=True)
class Ended:
    """seconds: length of the film; took_s: time for it; unmatted: frames without a valid matte, which show only the
    background. is_whole: False if the job was interrupted; the outputs end there."""

    name: str
    outputs: tuple[Path, ...]
    frames: int
    seconds: float
    took_s: float
    unmatted: int
    notes: tuple[str, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    name: str
    failure: LivebgError


@dataclass(frozen=True, slots=True)
class Skipped:
    """outputs: they already exist and are complete."""

    name: str
    outputs: tuple[Path, ...]


Event = Began | Progress | Ended | Failed | Skipped
