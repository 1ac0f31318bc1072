"""MAD, edgeMAD and dtSSD of mattes whose errors are known by hand; clips with and without their truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from livebg import models
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import Composite, Frame, Matte
from livebg.models.constant import ConstantEngine
from tests.bench import clip_quality

HALF = np.repeat(np.float32([[0] * 20 + [1] * 20]), 20, axis=0)  # (20, 40): person on the right


def test_known_errors() -> None:
    assert clip_quality.mad(HALF, HALF) == clip_quality.edge_mad(HALF, HALF) == 0
    off = HALF.copy()
    off[:, 19] = 0.5  # the column beside the edge, within its reach: 1 of 40, and of the 4 columns near it
    assert clip_quality.mad(off, HALF) == pytest.approx(0.5 / 40)
    assert clip_quality.edge_mad(off, HALF) == pytest.approx(0.5 / 4)
    assert np.isnan(clip_quality.edge_mad(HALF, np.zeros_like(HALF)))


def test_a_change_that_the_truth_has_too_is_no_error() -> None:
    moved = np.roll(HALF, 1, axis=1)
    assert clip_quality.dtssd(moved, moved, HALF, HALF) == 0
    constant = np.full_like(HALF, 0.25)
    assert clip_quality.dtssd(constant + np.float32(0.1), constant, constant, constant) == pytest.approx(0.1, rel=1e-5)


def _judged(alphas: list[Matte | None], truths: list[Matte]) -> clip_quality.Judge:
    judge = clip_quality.Judge(iter(truths))
    image = np.zeros((20, 40, 3), np.uint8)
    for number, alpha in enumerate(alphas):
        judge.write(Composite(image, Frame(image, number, 0.0, 0.0), alpha))
    return judge


def test_a_judge_takes_the_mean_and_counts_a_missing_matte_as_nobody() -> None:
    half_wrong = _judged([HALF, None], [HALF, HALF]).result()
    assert half_wrong["mad"] == pytest.approx(1e3 * 0.5 / 2)
    assert half_wrong["dtssd"] == pytest.approx(1e2 * np.sqrt(0.5))
    judge = _judged([HALF, HALF], [HALF, HALF])
    judge.write(Composite(np.zeros((20, 40, 3), np.uint8)))
    assert judge.result() == {"mad": 0, "edge_mad": 0, "dtssd": 0}


def test_truths_that_do_not_fit_are_said() -> None:
    with pytest.raises(SourceError, match="end before frame 1"):
        _judged([HALF, HALF], [HALF])
    with pytest.raises(SourceError, match="has shape"):
        _judged([HALF], [HALF[:10]])
    with pytest.raises(SourceError, match="too few frames"):
        _judged([HALF], [HALF]).result()


def _write_video(path: Path, pictures: Iterator[Matte] | list[Matte], codec: str, pixel_format: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.height, stream.width = HALF.shape
        stream.pix_fmt = pixel_format
        for each in pictures:
            frame = av.VideoFrame.from_ndarray((each * 255).astype(np.uint8), format="gray")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_a_folder_of_cases_is_measured_through_the_whole_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cases" / "clips"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        _write_video(folder / f"{name}.mp4", [HALF] * 4, "libx264", "yuv420p")
    _write_video(folder / "a_alpha.mkv", [HALF] * 4, "ffv1", "gray")
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.setenv("LIVEBG_SHARED", str(tmp_path))
    cases = clip_quality.find_cases("")
    assert cases is not None
    pairs = clip_quality.clips(cases)
    assert [Path(clip).name for clip, _ in pairs] == ["a.mp4"]
    monkeypatch.setattr(clip_quality, "FRAMES", 3)
    result = clip_quality.measure(Settings(background="#000"), pairs)
    assert result["mad"] == pytest.approx(500, abs=1)
    assert result["dtssd"] == pytest.approx(0, abs=0.1)


def test_no_cases_is_none_unless_they_were_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEBG_SHARED", str(tmp_path))
    assert clip_quality.find_cases("") is None
    with pytest.raises(SourceError, match=r"--cases .*: holds no clips"):
        clip_quality.find_cases(str(tmp_path))
    with pytest.raises(SourceError, match="cannot be read"):
        next(clip_quality.true_alphas(str(tmp_path / "absent.mkv")))
