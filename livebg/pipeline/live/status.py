"""What a running livebg says about itself: a value, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["live", "hidden", "resting", "standby"]


@dataclass(frozen=True, slots=True)
class Status:
    """A running livebg at one moment.

    why: of a standby image or a rest. fps, latency_ms (its median), age_p95_ms: of the last 30 s at most. watchers: the
    applications that read the virtual camera, as far as known. size: "WxH" of the source. recording: file, seconds,
    bytes and is_paused of the newest one. level_db: of the microphone over 0.2 s, dBFS. can_switch: where (an output)
    and is_on of each. preset: '' where none is on, or the settings have changed since. preset_waits: its options that
    apply at the next start.
    """

    state: State
    why: str
    fps: float
    latency_ms: float
    engine: str
    background: str
    outputs: tuple[str, ...]
    is_recording_paused: bool
    last_error: str
    watchers: tuple[str, ...] = ()
    age_p95_ms: float = 0.0
    camera: str = ""
    size: str = ""
    recording: dict[str, Any] | None = None
    level_db: float | None = None
    engine_reason: str = ""
    can_switch: tuple[dict[str, Any], ...] = ()
    hidden: bool = False
    preset: str = ""
    preset_waits: tuple[str, ...] = ()

    def short(self) -> str:
        """A few words, for a bar."""
        return f"{self.state} {self.fps:.0f} fps" if self.state == "live" else self.state

    def lines(self) -> list[str]:
        """For people."""
        why = f": {self.why}" if self.why else ""
        waits = f"; at the next start: {', '.join(self.preset_waits)}" if self.preset_waits else ""
        return [
            f"{self.state}{why}",
            f"{self.fps:.1f} frames a second, the picture is {self.latency_ms:.0f} ms old",
            f"engine: {self.engine}",
            f"background: {self.background}",
            *([f"preset: {self.preset}{waits}"] if self.preset else []),
            f"outputs: {', '.join(self.outputs)}{', recordings paused' if self.is_recording_paused else ''}",
            *self.recording_lines(),
            *([f"last error: {self.last_error}"] if self.last_error else []),
        ]

    def recording_lines(self) -> list[str]:
        """Where the newest recording is; none where nothing records."""
        if self.recording is None:
            return []
        return [f"recording {self.recording['file']}: {self.recording['seconds']:.0f} s"]
