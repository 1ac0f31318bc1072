"""The picture has a panel for what was measured and none for what was not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench_runs import run
from PIL import Image

from livebg.core.errors import SinkError
from tests.bench import curve

CARD = {"processor": "A processor", "cores": "2", "load": "0.1", "versions": ", ".join(["Python 3.11"] * 30)}


def _point(stride: int, quality: Any) -> dict[str, Any]:
    cost = {"frame_ms": {"p50": 10.0 / stride}, "cpu_ms_per_frame": 20.0 / stride}
    return {"engine": "selfie landscape", "label": f"stride {stride}", "quality": quality, **cost}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "panels"),
    [
        ([_point(each, {"edge_mad": 100.0 + each, "dtssd": 2.0}) for each in (1, 2)], 3),
        ([_point(each, None) for each in (1, 2)], 2),
        ([], 1),
    ],
)
def test_a_panel_for_what_was_measured(points: list[Any], panels: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    curve.draw(path, [run(10.0), run(25.0, settings={"matte_size": 288})], points, CARD)
    with Image.open(path) as picture:
        assert picture.size == (panels * (curve.PANEL + curve.MARGIN) + curve.MARGIN, curve.HEIGHT)
        assert len(picture.getcolors(1 << 20)) > 20


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        curve.draw(tmp_path / "absent" / "a.png", [run()], [], CARD)


def test_engines_are_lines_and_strides_points() -> None:
    series = curve._series([_point(1, None), _point(2, None)], lambda each: each["frame_ms"]["p50"])
    assert [(each.name, list(each.points)) for each in series] == [
        ("selfie landscape", [(20.0, 10.0, "1"), (10.0, 5.0, "2")])
    ]
