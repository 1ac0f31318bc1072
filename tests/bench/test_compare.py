"""What stands side by side: sizes of the light engine, matte sizes of rmbg where its weights are, strides of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench_runs import answer, run

from livebg import bench
from livebg.bench import child, recording
from livebg.bench.recording import Recording
from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.models import hub
from tests.bench import clip_quality, compare


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_cached", lambda _model: None)


def test_without_weights_rmbg_is_left_out_with_the_reason() -> None:
    wanted, left_out = compare.configurations(Settings())
    assert [(each.engine, each.size) for each in wanted] == [("selfie", "1280x720"), ("selfie", "1920x1080")]
    assert "livebg models fetch rmbg" in left_out[0]
    assert compare.configurations(Settings(engine="rmbg"))[0] == []
    assert compare.configurations(Settings(engine="selfie"))[1] == []


def test_the_asked_size_is_among_them_and_a_clip_keeps_its_own() -> None:
    wanted, _ = compare.configurations(Settings(engine="selfie", size="640x360"))
    assert [each.size for each in wanted] == ["640x360", "1280x720", "1920x1080"]
    assert len(compare.configurations(Settings(engine="selfie", source="a.mp4"))[0]) == 1


def test_with_weights_rmbg_stands_at_its_matte_sizes() -> None:
    wanted, left_out = compare.configurations(Settings(engine="rmbg", weights="a.pth"))
    assert [each.matte_size for each in wanted] == [192, 256, 288, 384]
    assert left_out == []
    pinned, _ = compare.configurations(Settings(engine="rmbg", weights="a.pth", matte_size=320))
    assert [each.matte_size for each in pinned] == [320]
    points = compare.point_settings(Settings(weights="a.pth"))
    assert len(points) == 8 + 8
    assert {(each.engine, each.stride, each.matte_size) for _, _, each in points} >= {
        ("rmbg", 4, 384),
        ("selfie", 3, 0),
    }


def test_points_carry_cost_and_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def quality(settings: Settings, clips: Any) -> dict[str, float]:
        asked.append((settings.selfie_model, settings.stride, clips))
        return {"mad": 1.0, "edge_mad": 2.0, "dtssd": 3.0}

    monkeypatch.setattr(child, "measure_speed", lambda *_: answer(7.0))
    monkeypatch.setattr(clip_quality, "measure", quality)
    recording = Recording("", "synthetic", 64, 36, 30.0, 2)
    clips = [(str(Path("cases") / "a.mp4"), "truth")]
    points: list[Any] = list(compare.points(Settings(engine="selfie"), recording, clips))
    assert [each[:2] for each in asked] == [
        (shape, stride) for shape in ("landscape", "square") for stride in (1, 2, 3, 4)
    ]
    assert points[0]["cpu_ms_per_frame"] == 14.0
    assert points[0]["quality"]["edge_mad"] == 2.0
    assert points[0]["clips"] == ["a"]
    points = list(compare.points(Settings(engine="selfie"), recording, []))
    assert [each["quality"] for each in points] == [None] * 8


def test_a_point_that_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(settings: Settings, *_: Any) -> dict[str, Any]:
        if settings.stride == 3:
            raise ModelError("too slow")
        return answer()

    monkeypatch.setattr(child, "measure_speed", measure)
    points = list(compare.points(Settings(engine="selfie"), Recording("", "synthetic", 64, 36, 30.0, 2), []))
    told = [str(each) for each in points if isinstance(each, ModelError)]
    assert told == [f"selfie {shape}, stride 3 not measured: too slow" for shape in ("landscape", "square")]
    assert len(points) == 8


def test_configurations_side_by_side_with_ratios() -> None:
    head, first, second = compare.comparison([run(10.0), run(25.0, settings={"matte_size": 288})])
    assert len({len(line) for line in (head, first, second)}) == 1
    assert " 1.00 " in first
    assert " 2.50 " in second
    assert " 288 px " in second


def test_a_point_without_quality_has_dashes() -> None:
    point = {
        "engine": "selfie",
        "label": "stride 2",
        "frame_ms": {"p50": 5.0},
        "cpu_ms_per_frame": 9.0,
        "quality": None,
    }
    judged = {**point, "quality": {"mad": 1.0, "edge_mad": 2.0, "dtssd": 3.0}}
    lines = compare.curve_table([point, judged])
    assert lines[1].split()[-3:] == ["-", "-", "-"]
    assert lines[2].split()[-3:] == ["1.0", "2.0", "3.00"]


@pytest.mark.slow
def test_what_cannot_be_measured_is_left_out_unless_it_is_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def measure(settings: Settings, _recording: Recording) -> dict[str, Any]:
        if settings.size == "96x54":
            raise ModelError("too large")
        return run()

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(recording, "FRAMES", 2)
    small, large = (Settings(engine="selfie", size=each) for each in ("64x36", "96x54"))
    runs, left_out = compare.measured([small, large], tmp_path)
    assert len(runs) == 1
    assert left_out == ["selfie at 96x54 not compared: too large"]
    with pytest.raises(ModelError, match="too large"):
        compare.measured([large], tmp_path)
