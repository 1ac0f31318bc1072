"""What a running livebg answers to GET /status and GET /settings. Any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args

from livebg.core.settings import OPTIONS, TYPES, Settings
from livebg.core.stats import Stats
from livebg.core.types import KnowsWatchers
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.status import Status
from livebg.sinks.recording.session import RecordingSession

if TYPE_CHECKING:
    from livebg.pipeline.live.loop import Pipeline

QUIET_DB = -100.0


def status_of(
    loop: Pipeline,
    settings: Settings,
    stats: Stats,
    session: RecordingSession,
    outputs: LiveOutputs,
    level_db: Callable[[], float] | None = None,
) -> Status:
    """What a running loop is doing now. level_db: the microphone's, if there is one."""
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
