"""Durations, percentiles, the line for people."""

from __future__ import annotations

import time

from livebg.core.stats import Stats, timing


def test_percentiles_are_nearest_rank() -> None:
    result = timing([each / 1000 for each in range(100)])
    assert (round(result.p50_ms), round(result.p95_ms), round(result.p99_ms)) == (50, 95, 99)
    assert timing([0.002]).p99_ms == 2.0


def test_a_snapshot_counts_and_times() -> None:
    stats = Stats()
    for _ in range(3):
        with stats.time("matte"):
            pass
        stats.frame_done(time.monotonic(), 0.004)
    stats.dropped = 2
    snapshot = stats.snapshot()
    assert (snapshot.frames, snapshot.dropped) == (3, 2)
    assert set(snapshot.stages) == {"matte", "frame", "latency"}
    assert snapshot.line().startswith("3 frames in ")
    assert "latency p50" in snapshot.line()
    assert "standby" not in snapshot.line()


def test_frames_without_a_matte_are_said() -> None:
    stats = Stats()
    stats.standby_frames = 4
    assert "4 without a valid matte" in stats.snapshot().line()


def test_nothing_yet_is_no_failure() -> None:
    assert Stats().snapshot().fps == 0
