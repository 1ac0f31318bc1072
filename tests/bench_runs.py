"""Measurements with round numbers, as the measuring processes answer them, for the tests of what is made of them."""

from __future__ import annotations

from typing import Any

from livebg.bench.report import Run, assemble
from livebg.core.settings import Settings, change


def answer(frame_ms: float = 10.0, fps: float = 30.0, **others: Any) -> dict[str, Any]:
    """One pass: 10 s at this rate, each frame taking this long (p95 and p99 half as much again)."""
    times = {"p50": frame_ms, "p95": 1.5 * frame_ms, "p99": 1.5 * frame_ms}
    return {
        "description": "selfie landscape 144x256 on cpu, litert: asked for",
        "source": "synthetic, 90 frames from memory",
        "size": "1280x720",
        "seconds": 10.0,
        "frames": round(10 * fps),
        "fps": fps,
        "dropped": 300 - round(10 * fps),
        "cpu_ms_per_frame": 2 * frame_ms,
        "cpu_share": round(2 * frame_ms * 30 / 1000 / 2, 3),
        "memory_mb": 150,
        "memory_peak_mb": 180,
        "start_s": 1.0,
        "counts": {"key_frames": 100},
        "frame_ms": times,
        "latency_ms": times,
        "stages": {"matte": times, "output": times},
        **others,
    }


def run(frame_ms: float = 10.0, fps: float = 30.0, settings: dict[str, Any] | None = None, **others: Any) -> Run:
    """One configuration: a live pass as answer() says, and one flat out."""
    live = answer(frame_ms, fps, **others)
    return assemble(change(Settings(), settings or {}), live, {**live, "fps": 1000 / frame_ms, "start_s": 4.0})
