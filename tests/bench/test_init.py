"""The command's lines and its object; interruptions and failures."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from bench_runs import answer
from bench_runs import run as measured_run

from livebg import bench
from livebg.bench import child, recording
from livebg.core.errors import LivebgError
from livebg.core.machine import processor
from livebg.core.settings import Settings, change
from livebg.models import allowance, device
from livebg.models.allowance import Allowance
from livebg.models.device import Device

SMALL = Settings(engine="selfie", size="64x36", seconds=1.0)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, str]]:
    """What the children are asked, which answer at once; the small scene."""
    seen: list[tuple[Settings, str]] = []

    def measure(settings: Settings, recorded: Any, pace: str, _seconds: float) -> dict[str, Any]:
        seen.append((settings, pace))
        assert Path(recorded.path).exists()
        return answer(10.0, size=f"{recorded.width}x{recorded.height}")

    monkeypatch.setattr(child, "measure_speed", measure)
    monkeypatch.setattr(recording, "FRAMES", 2)
    return seen


@pytest.mark.slow
def test_a_table_for_people(asked: list[tuple[Settings, str]]) -> None:
    text = "\n".join(bench.run(SMALL, is_json=False))
    for words in ("processor ", "the clock covers", "engine      selfie landscape", "livebg run --engine selfie"):
        assert words in text
    assert [pace for _, pace in asked] == ["every-frame", "own"]


@pytest.mark.slow
def test_one_object_for_programs() -> None:
    lines = list(bench.run(SMALL, is_json=True))
    told = json.loads(lines[-1])
    assert len(lines) == 1
    assert set(told) >= {"engine", "fps", "frame_ms", "cpu_ms_per_frame", "memory_mb", "machine", "recommended", "size"}
    assert set(told["frame_ms"]) == {"p50", "p95", "p99"}


@pytest.mark.slow
@pytest.mark.parametrize("is_json", [True, False])
def test_an_interrupt_is_said(monkeypatch: pytest.MonkeyPatch, is_json: bool) -> None:
    monkeypatch.setattr(child, "measure_speed", lambda *_: signal.raise_signal(signal.SIGTERM))
    before, lines = signal.getsignal(signal.SIGTERM), list[str]()
    with pytest.raises(KeyboardInterrupt):
        lines.extend(bench.run(SMALL, is_json))
    assert signal.getsignal(signal.SIGTERM) is before
    if is_json:
        assert json.loads(lines[-1])["interrupted"]
    else:
        assert lines[-1] == "interrupted before anything was measured"


def test_own_settings_take_source_and_time_from_the_command_line_only() -> None:
    users = Settings(source="talk.mp4", seconds=600, to=("window",), matte_to="a.mkv", stride=2)
    assert bench.own_settings(users, None, None) == Settings(seconds=10.0, stride=2)
    assert bench.own_settings(change(users, {"seconds": 3}), "a.mp4", "3") == Settings(
        source="a.mp4", seconds=3, stride=2
    )


@pytest.mark.slow
def test_a_failure_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> dict[str, Any]:
        raise LivebgError("died")

    monkeypatch.setattr(child, "measure_speed", fails)
    with pytest.raises(LivebgError, match="died"):
        list(bench.run(SMALL, is_json=False))


@pytest.mark.parametrize("frame_ms", [10.0, 30.0])
def test_what_rmbg_holds_on_a_cpu_is_kept_for_auto(monkeypatch: pytest.MonkeyPatch, frame_ms: float) -> None:
    kept: list[Allowance | None] = []
    monkeypatch.setattr(allowance, "remember", kept.append)
    monkeypatch.setattr(device, "choose_device", lambda _: Device("cpu", "float32", "no CUDA driver found"))
    measured = measured_run(frame_ms, description="rmbg (x) 288x512 on cpu", cpu_share=1.0)
    model = "schirrmacher/ormbg"
    settings = Settings(engine="rmbg", model=model)
    assert bench.learn(settings, measured) is (frame_ms == 10)
    expected = Allowance(model, 1280, 720, 30.0, processor())
    assert kept == [expected if frame_ms == 10 else None]
    for other in (change(settings, {"weights": "here"}), change(settings, {"subject": "anything"})):
        assert bench.learn(other, measured) is None
    assert bench.learn(settings, measured_run(frame_ms)) is None, "the light engine"
    monkeypatch.setattr(device, "choose_device", lambda _: Device("cuda", "float16", "a card"))
    assert bench.learn(settings, measured) is None
    assert len(kept) == 1
