"""A segment's pictures depend on the film alone: not on what was made before, not on where the film is entered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from films import make_film, open_red, pictures_of

from livebg import models
from livebg.core.resize import small_size, work_size
from livebg.core.settings import Settings
from livebg.core.types import Composite, Frame
from livebg.media.video.frames import Pictures
from livebg.media.video.reader import Film
from livebg.media.video.types import FilmFrame
from livebg.pipeline.film import segments as plan
from livebg.pipeline.film import worker as maker_module
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.processor import FilmProcessor
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.film.worker import SegmentWorker
from livebg.scene.compositing.planes import Planes


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilmJob:
    monkeypatch.setattr(models, "open_engine", open_red)
    film = make_film(tmp_path / "a.mp4", 75)
    job_options = JobOptions(codec="ffv1", segment_s=0.9)
    return FilmJob(film, tmp_path / "b.mkv", Settings(background="#00ff00"), job_options, True)


def _made(job: FilmJob, folder: Path, numbers: list[int]) -> list[list[np.ndarray]]:
    """The pictures of these segments, made in this order by one maker."""
    made = []
    with closing(Film(job.source)) as film:
        index = film.index()
        segments = plan.segments(index, film.info.time_base, job.job_options)
        assert len(segments) == 3
        with closing(SegmentWorker(film, job, job.outputs())) as maker:
            for number in numbers:
                ticks: list[int] = []
                path = folder / f"{number}.part"
                assert list(maker.make(segments[number], [path], ticks)) == list(range(1, segments[number].count + 1))
                assert ticks == index.ticks[segments[number].first : segments[number].last + 1].tolist()
                made.append(pictures_of(path))
    return made


@pytest.mark.slow
def test_in_any_order(job: FilmJob, tmp_path: Path) -> None:
    forth, back = tmp_path / "forth", tmp_path / "back"
    forth.mkdir()
    back.mkdir()
    for ours, theirs in zip(_made(job, forth, [0, 1, 2]), reversed(_made(job, back, [2, 1, 0])), strict=True):
        assert len(ours) == len(theirs)
        assert all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.slow
def test_one_that_is_left_early_holds_what_was_made(job: FilmJob, tmp_path: Path) -> None:
    with closing(Film(job.source)) as film:
        index = film.index()
        (first, *_) = plan.segments(index, film.info.time_base, job.job_options)
        with closing(SegmentWorker(film, job, job.outputs())) as maker:
            ticks: list[int] = []
            with closing(maker.make(first, [tmp_path / "a.part"], ticks)) as frames:
                for count in frames:
                    if count == 7:
                        break
    assert len(ticks) == 7
    assert len(pictures_of(tmp_path / "a.part")) == 7


@pytest.mark.slow
def test_a_large_film_is_made_alike(job: FilmJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    (small,) = _made(job, tmp_path / "small", [1])
    monkeypatch.setattr(maker_module, "LARGE_PX", 0)
    (large,) = _made(job, tmp_path / "large", [1])
    assert all(np.array_equal(one, other) for one, other in zip(small, large, strict=True))


def test_a_frame_is_made_with_both_small_pictures(job: FilmJob) -> None:
    with closing(Film(job.source)) as film, closing(SegmentWorker(film, job, job.outputs())) as worker:
        segment = plan.segments(film.index(), film.info.time_base, job.job_options)[0]
        frame, _ = next(worker._decoded(segment))
    height, width = frame.height, frame.width
    assert set(frame.shrunk) >= {small_size(height, width), work_size(height, width)} - {(width, height)}


def test_a_film_is_the_same_in_its_own_samples(job: FilmJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder gets the same frames as by way of BGR (what it makes of the same ones may differ by itself)."""
    given: list[list[np.ndarray]] = [[], []]
    ways, made = (Planes.takes, lambda _: False), Pictures.frame
    job = replace(job, job_options=replace(job.job_options, codec="h264", frames=12))
    dimensions = []
    with closing(Film(job.source)) as film:
        segment = plan.segments(film.index(), film.info.time_base, job.job_options)[0]
        for number, takes in enumerate(ways):

            def noted(pictures: Pictures, composite: Composite, source: FilmFrame, number: int = number) -> VideoFrame:
                dimensions.append(composite.image.ndim)
                frame = made(pictures, composite, source)
                given[number].append(frame.to_ndarray())
                return frame

            monkeypatch.setattr(Planes, "takes", staticmethod(takes))
            monkeypatch.setattr(Pictures, "frame", noted)
            with closing(SegmentWorker(film, job, job.outputs())) as worker:
                list(worker.make(segment, [tmp_path / f"{number}.part"], []))
    assert dimensions == [2] * 12 + [3] * 12
    assert all(np.array_equal(one, other) for one, other in zip(*given, strict=True))


def test_what_a_film_begins_with_is_foreseen_wherever_the_part_ends(
    job: FilmJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[list[int]]()

    def noted(_: FilmProcessor, frames: Iterator[Frame]) -> None:
        seen.append([each.sequence for each in frames])

    monkeypatch.setattr(FilmProcessor, "foresee", noted)
    parts = [replace(job.job_options, **each) for each in ({"frames": 3}, {"start_s": 0.2, "end_s": 0.4}, {})]
    later = replace(job.job_options, start_s=2.5, warm_up_s=0.2)
    with closing(Film(job.source)) as film, closing(SegmentWorker(film, job, job.outputs())) as worker:
        for number, options in enumerate([*parts, later]):
            segment = plan.segments(film.index(), film.info.time_base, options)[0]
            list(worker.make(segment, [tmp_path / f"{number}.part"], []))
    assert seen == [list(range(0, 51, 5))] * 3
