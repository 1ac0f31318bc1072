"""The command's lines and objects, what happens where something cannot be measured, and where it is interrupted."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from bench_runs import answer

from livebg import bench
from livebg.bench import BenchOptions, child, compare, quality, recording
from livebg.core.errors import LivebgError, ModelError, SinkError
from livebg.core.settings import Settings, change
from livebg.models import hub

SMALL = Settings(engine="selfie", size="64x36", seconds=1.0)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Settings, str]]:
    """What the children are asked, which answer at once; the small scene, no cases, no weights."""
    seen: list[tuple[Settings, str]] = []

    def measure(settings: Settings, recorded: Any, pace: str, _seconds: float) -> dict[str, Any]:
        seen.append((settings, pace))
        assert Path(recorded.path).exists()
        return answer(10.0, size=f"{recorded.width}x{recorded.height}")

    monkeypatch.setattr(child, "measure_speed", measure)
    monkeypatch.setattr(compare, "SIZES", ("96x54",))
    monkeypatch.setattr(recording, "FRAMES", 2)
    monkeypatch.setattr(hub, "find_cached", lambda _model: None)
    monkeypatch.setattr(quality, "find_cases", lambda _folder: None)
    monkeypatch.chdir(tmp_path)
    return seen


def test_a_table_for_people(asked: list[tuple[Settings, str]]) -> None:
    text = "\n".join(bench.run(SMALL, BenchOptions()))
    for words in ("processor ", "the clock covers", "engine      selfie landscape", "livebg run --engine selfie"):
        assert words in text
    assert [pace for _, pace in asked] == ["every-frame", "own"]


def test_one_object_for_programs() -> None:
    lines = list(bench.run(SMALL, BenchOptions(is_json=True)))
    told = json.loads(lines[-1])
    assert len(lines) == 1
    assert set(told) >= {"engine", "fps", "frame_ms", "cpu_ms_per_frame", "memory_mb", "machine", "recommended", "size"}
    assert set(told["frame_ms"]) == {"p50", "p95", "p99"}


def test_a_comparison_with_its_picture(tmp_path: Path) -> None:
    text = "\n".join(bench.run(change(SMALL, {"engine": "auto"}), BenchOptions(is_comparison=True)))
    for words in ("96x54", "rmbg not compared", "recommended", "stride 4", "quality not measured", "livebg-bench.png"):
        assert words in text
    told = json.loads(list(bench.run(SMALL, BenchOptions(True, True, "other.png")))[-1])
    assert [each["size"] for each in told["runs"]] == ["64x36", "96x54"]
    assert len(told["curve"]) == 8
    assert told["picture"] == "other.png"
    assert (tmp_path / "livebg-bench.png").exists()
    assert (tmp_path / "other.png").exists()


def test_what_cannot_be_measured_is_left_out_unless_it_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(settings: Settings, *_: Any) -> dict[str, Any]:
        if settings.size == "96x54" or settings.engine == "rmbg":
            raise ModelError("too large")
        return answer()

    monkeypatch.setattr(child, "measure_speed", fails)
    told = json.loads(list(bench.run(SMALL, BenchOptions(True, True)))[-1])
    assert len(told["runs"]) == 1
    assert told["left_out"][0] == "selfie at 96x54 not compared: too large"
    assert "quality not measured" in told["left_out"][1]
    for values in ({"engine": "rmbg"}, {"engine": "rmbg", "weights": "a.pth"}):
        with pytest.raises(ModelError):
            list(bench.run(change(SMALL, values), BenchOptions(True, True)))


@pytest.mark.parametrize("picture", ["a.jpg", "absent/a.png"])
def test_a_picture_that_cannot_be_made_is_said_before_anything_is_measured(
    picture: str, asked: list[tuple[Settings, str]]
) -> None:
    with pytest.raises(SinkError, match="--picture"):
        list(bench.run(SMALL, BenchOptions(False, True, picture)))
    assert not asked


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize("after", [0, 3])
def test_an_interrupt_says_what_was_known(monkeypatch: pytest.MonkeyPatch, is_json: bool, after: int) -> None:
    calls = []

    def measure(*_: Any) -> dict[str, Any]:
        calls.append(1)
        if len(calls) > after:
            signal.raise_signal(signal.SIGTERM)
        return answer()

    monkeypatch.setattr(child, "measure_speed", measure)
    before, lines = signal.getsignal(signal.SIGTERM), list[str]()
    with pytest.raises(KeyboardInterrupt):
        lines.extend(bench.run(SMALL, BenchOptions(is_json, True)))
    assert signal.getsignal(signal.SIGTERM) is before
    if is_json:
        told = json.loads(lines[-1])
        assert told["interrupted"]
        assert len(told["runs"]) == after // 2
    else:
        assert any(("measured until then" if after else "before anything was measured") in line for line in lines)


def test_own_settings_take_source_and_time_from_the_command_line_only() -> None:
    users = Settings(source="talk.mp4", seconds=600, to=("window",), matte_to="a.mkv", stride=2)
    assert bench.own_settings(users, None, None) == Settings(seconds=10.0, stride=2)
    assert bench.own_settings(change(users, {"seconds": 3}), "a.mp4", "3") == Settings(
        source="a.mp4", seconds=3, stride=2
    )


def test_a_failure_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> dict[str, Any]:
        raise LivebgError("died")

    monkeypatch.setattr(child, "measure_speed", fails)
    with pytest.raises(LivebgError, match="died"):
        list(bench.run(SMALL, BenchOptions()))
