"""What a job tells while it runs, for a bar, a log or a program. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import LivebgError


@dataclass(frozen=True, slots=True)
class Began:
    """frames: to be made, of them `done` by an earlier run. notes: what the user is to know before it begins."""

    name: str
    frames: int
    done: int
    engine: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """done: frames, of `frames`; fps: lately, 0 unknown."""

    name: str
    done: int
    frames: int
    fps: float

    @property
    def left_s(self) -> float | None:
        return (self.frames - self.done) / self.fps if self.fps > 0 else None


@dataclass(frozen=True, slots=True)
class Ended:
    """outputs: what was made; seconds: of film; took_s: by the clock; unmatted: frames without a valid matte, which
    show the background alone. is_whole: False where it was cut off, and the outputs reach up to there."""

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
    """outputs: those that are there already, whole."""

    name: str
    outputs: tuple[Path, ...]


Event = Began | Progress | Ended | Failed | Skipped
