"""What is recommended: the measured settings where they hold the rate; else what comes closest."""

from __future__ import annotations

from bench_runs import run

from livebg.bench.advice import allows_auto, auto_lines, headroom, holds, lines, recommend

RMBG = {"description": "rmbg (x) 256x448 on cpu"}


def test_headroom_is_the_scarcer_of_time_and_processor() -> None:
    assert headroom(run(10.0)) == 1 - 15 * 30 / 1000  # p95 15 ms of 33; 30 % of the processor
    assert headroom(run(10.0, cpu_share=0.9)) == 1 - 0.9


def test_the_rate_is_held_or_not() -> None:
    assert holds(run(fps=29.9))
    assert not holds(run(fps=28.0))
    assert not holds(run(fps=30.0, dropped=12))
    assert holds(run(counts={"standby_frames": 3}))
    assert not holds(run(counts={"standby_frames": 75}))


def test_auto_may_take_what_holds_the_rate_with_time_to_spare() -> None:
    assert allows_auto(run(18.0, cpu_share=1.0, **RMBG)), "its network takes what is left"
    assert not allows_auto(run(21.0, **RMBG))
    assert not allows_auto(run(10.0, fps=28.0, **RMBG))
    assert "takes rmbg here from now on, with a/b" in auto_lines(True, "a/b")[0]
    assert "stays with the light engine" in auto_lines(False, "a/b")[0]
    assert auto_lines(None, "a/b") == []


def test_what_holds_is_recommended_and_little_room_is_said() -> None:
    advice = recommend(run(15.0, settings={"matte_size": 256}, **RMBG))
    assert advice["command"] == "livebg run --engine rmbg --size 1280x720 --matte-size 256"
    assert advice["holds"]
    assert advice["headroom"] == 0.32
    assert advice["reason"] == "holds 30 fps with 32 % headroom"
    assert "which is little" in recommend(run(21.0))["reason"]
    assert "with 0 % headroom, which is little" in recommend(run(30.0))["reason"]


def test_where_nothing_holds_a_rate_or_size_that_should() -> None:
    slow = recommend(run(45.0, fps=22.0))
    assert slow["command"] == "livebg run --engine selfie --size 1280x720 --fps 19"
    assert not slow["holds"]
    assert "--size 640x360" in recommend(run(200.0, fps=5.0))["command"]
    heavy = recommend(run(200.0, fps=5.0, settings={"matte_size": 384}, **RMBG))
    assert heavy["command"] == "livebg run --engine selfie --size 1280x720"
    assert lines(heavy)[2].strip() == heavy["command"]


def test_what_often_has_no_matte_is_never_recommended() -> None:
    """At 30 fps with a quarter of the frames on standby: neither itself nor at a lower rate, but the light engine."""
    blind = run(12.0, settings={"matte_size": 512}, counts={"standby_frames": 75}, **RMBG)
    advice = recommend(blind)
    assert (advice["command"], advice["holds"]) == ("livebg run --engine selfie --size 1280x720", False)
    assert "30 fps is not held here (22.5 came out with a valid matte)" in advice["reason"]
