"""What a running livebg says about itself: its status, and its settings with their declarations. Any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from livebg.core.settings import OPTIONS, TYPES, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from livebg.core.stats import Stats
    from livebg.pipeline.live.loop import Pipeline
    from livebg.pipeline.live.outputs import LiveOutputs
    from livebg.sinks.recording.session import RecordingSession

State = Literal["live", "hidden", "resting", "standby"]
QUIET_DB = -100.0


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
            *self._recording_lines(),
            *([f"last error: {self.last_error}"] if self.last_error else []),
        ]

    def _recording_lines(self) -> list[str]:
        if self.recording is None:
            return []
        return [f"recording {self.recording['file']}: {self.recording['seconds']:.0f} s"]


def status_of(
    loop: Pipeline,
    settings: Settings,
    stats: Stats,
    session: RecordingSession,
    outputs: LiveOutputs,
    level_db: Callable[[], float] | None = None,
) -> Status:
    """What a running loop is doing now. level_db: the microphone's, if there is one."""
    from livebg.core.types import KnowsWatchers

    seen = stats.snapshot()
    state, why = loop.state
    latency, info = seen.stages.get("latency"), loop.source
    reason = loop.engine.partition(": ")[2]
    watchers = [name for sink in loop.sinks if isinstance(sink, KnowsWatchers) for name in sink.watchers]
    return Status(
        state,
        why,
        seen.fps,
        0.0 if latency is None else latency.p50_ms,
        loop.engine,
        settings.background,
        loop.outputs,
        session.is_paused,
        str(stats.failures[-1]) if stats.failures else "",
        tuple(dict.fromkeys(watchers)),
        0.0 if latency is None else latency.p95_ms,
        info.name,
        f"{info.width}x{info.height}",
        outputs.recording,
        level_db=None if level_db is None else max(QUIET_DB, round(level_db(), 1)),
        engine_reason=reason,
        can_switch=outputs.can_switch(),
        hidden=settings.hide,
    )


def described(settings: Settings) -> dict[str, Any]:
    """{name: value, default, and what settings.py declares} of every setting, as JSON has it."""
    defaults, names = (
        Settings(),
        ("help", "group", "unit", "low", "high", "choices", "zero", "is_live", "is_common", "is_by_eye"),
    )
    return {
        name: {
            "value": getattr(settings, name),
            "default": getattr(defaults, name),
            "kind": "list" if get_args(TYPES[name]) else TYPES[name].__name__,
            **{each: getattr(option, each) for each in names},
        }
        for name, option in OPTIONS.items()
    }
