"""A film from its order to its files: whole, cut off and gone on with, as one machine or in pieces."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from films import GREEN, HEIGHT, RED, make_film, open_red, pictures_of, times_of
from hung_encoder import hung_encoder
from written_films import written

from livebg import models
from livebg.core.errors import LivebgError, SettingsError, SinkError, SourceError
from livebg.core.settings import Settings
from livebg.pipeline.film.job import make_film as do
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.progress import Began, Ended, Event, Progress


@pytest.fixture(autouse=True)
def _known_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", open_red)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "a walk 🚶.mp4")


def _order(
    film: Path, target: str = "out.mp4", background: str = "#00ff00", force: bool = False, **job_options: object
) -> FilmJob:
    settings = Settings(background=background, force=force)
    small: dict[str, object] = {"segment_s": 0.9, "warm_up_s": 0.4}
    return FilmJob(film, film.parent / target, settings, JobOptions(**small | job_options), background != "")  # type: ignore[arg-type]


def _ended(events: list[Event]) -> Ended:
    (ended,) = [each for each in events if isinstance(each, Ended)]
    return ended


def _run(order: FilmJob) -> Ended:
    return _ended(list(do(order, threading.Event())))


@pytest.mark.slow
def test_every_frame_at_its_time_in_front_of_the_background(film: Path) -> None:
    events = list(do(_order(film), threading.Event()))
    ended = _ended(events)
    assert isinstance(events[0], Began)
    assert events[0].frames == 75
    progress = [each for each in events if isinstance(each, Progress)]
    assert [each.done for each in progress] == list(range(1, 76))
    assert (ended.frames, ended.seconds, ended.unmatted, ended.is_whole) == (75, 3.0, 0, True)
    assert times_of(ended.outputs[0]) == times_of(film)
    for before, after in zip(pictures_of(film), pictures_of(ended.outputs[0]), strict=True):
        person = (before[..., 2] > 190) & (before[..., 1] < 60)
        assert np.abs(after[person].astype(int) - RED).mean() < 12
        assert np.abs(after[4 : HEIGHT // 6].astype(int) - GREEN).mean() < 6
    assert not list(film.parent.glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize("cut_at", [1, 20, 40, 74])
def test_cut_off_and_gone_on_with_is_the_same_as_at_once(film: Path, cut_at: int) -> None:
    whole = _run(_order(film, "whole.mkv", codec="ffv1")).outputs[0]
    stopping, events = threading.Event(), list[Event]()
    for event in do(_order(film, "out.mkv", codec="ffv1"), stopping):
        events.append(event)
        if isinstance(event, Progress) and event.done == cut_at:
            stopping.set()
    cut = _ended(events)
    assert not cut.is_whole
    assert cut.outputs == (film.with_name("out-partial.mkv"),)
    assert not film.with_name("out.mkv").exists()
    assert cut.frames >= cut_at
    assert len(pictures_of(cut.outputs[0])) == cut.frames

    began, *_ = events = list(do(_order(film, "out.mkv", codec="ffv1", resumes=True), threading.Event()))
    assert isinstance(began, Began)
    assert began.done == {1: 0, 20: 0, 40: 24, 74: 48}[cut_at]
    resumed = _ended(events).outputs[0]
    assert times_of(resumed) == times_of(whole)
    for ours, theirs in zip(pictures_of(resumed), pictures_of(whole), strict=True):
        assert np.array_equal(ours, theirs)
    assert {each.name for each in film.parent.iterdir()} == {film.name, "out.mkv", "whole.mkv"}


@pytest.mark.slow
def test_an_encoder_that_never_answers_costs_its_segment_alone(film: Path) -> None:
    whole = _run(_order(film, "whole.mkv", codec="ffv1")).outputs[0]
    with hung_encoder(after_files=2), pytest.raises(SinkError, match=r"out\.mkv: ffv1 gave no answer .* --resume"):
        _run(_order(film, "out.mkv", codec="ffv1"))
    began, *_ = events = list(do(_order(film, "out.mkv", codec="ffv1", resumes=True), threading.Event()))
    assert isinstance(began, Began)
    assert began.done == 48, "two segments of three were whole"
    for ours, theirs in zip(pictures_of(_ended(events).outputs[0]), pictures_of(whole), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.slow
def test_finished_before(film: Path) -> None:
    _run(_order(film))
    assert _run(_order(film, resumes=True)).notes == ("was finished before",)
    with pytest.raises(SinkError, match="exists already; overwrite it with --force"):
        _run(_order(film))
    assert _run(_order(film, force=True)).frames == 75


@pytest.mark.slow
def test_a_piece_of_the_film(film: Path) -> None:
    ended = _run(_order(film, start_s=1.0, end_s=2.0))
    assert (ended.frames, ended.seconds) == (25, 1.0)
    assert len(pictures_of(ended.outputs[0])) == 25
    with pytest.raises(SettingsError, match="75 frames"):
        _run(_order(film, "other.mp4", start_s=10.0))


@pytest.mark.slow
def test_a_film_of_odd_sides_says_what_size_it_becomes(tmp_path: Path) -> None:
    odd = written(tmp_path / "odd.mkv", "-vf", "scale=161:91", "-pix_fmt", "yuv420p", "-c:v", "ffv1", length_s=0.2)
    for name, expected in (("a.mp4", ("a.mp4: 162x92 instead of 161x91, as it needs even sides",)), ("a.webm", ())):
        began = next(iter(do(_order(odd, name), threading.Event())))
        assert isinstance(began, Began)
        assert tuple(each for each in began.notes if "instead of" in each) == expected


@pytest.mark.slow
def test_foreground_and_matte_as_two_files(film: Path) -> None:
    ended = _run(_order(film, "two.mkv", what="pair"))
    assert [each.name for each in ended.outputs] == ["two-foreground.mkv", "two-matte.mkv"]
    matte = pictures_of(ended.outputs[1], "gray")
    assert len(matte) == 75
    assert {0, 255} <= set(np.unique(matte[30]).tolist())


@pytest.mark.slow
def test_a_folder_of_pictures(film: Path) -> None:
    order = _order(film, "new/%04d.png", frames=5)
    assert _run(order).outputs == (film.with_name("new"),)
    assert sorted(each.name for each in film.with_name("new").glob("*.png")) == [f"{n:04d}.png" for n in range(1, 6)]
    with pytest.raises(SinkError, match="exists already"):
        _run(_order(film, "new.png", frames=5))
    assert _run(_order(film, "new.png", frames=3, force=True)).outputs == (film.with_name("new"),)
    assert len(list(film.with_name("new").glob("*.png"))) == 3
    assert not list(film.parent.glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize(("target", "is_alpha"), [("a.webm", True), ("a.mov", True), ("a.mp4", False)])
def test_without_a_background_alpha_where_the_file_can_hold_it(film: Path, target: str, is_alpha: bool) -> None:
    order = FilmJob(film, film.with_name(target), Settings(), JobOptions(frames=5), has_background=False)
    (output,) = order.outputs()
    assert output.form.content == ("alpha" if is_alpha else "composite")
    assert order.settings_for([output]).background == ("none" if is_alpha else Settings().background)


def test_the_source_is_never_the_output(film: Path) -> None:
    with pytest.raises(SinkError, match="is the input itself"):
        _run(_order(film, film.name, force=True))
    assert len(pictures_of(film)) == 75


def test_a_failing_engine_leaves_nothing_behind(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise SourceError("no engine")

    monkeypatch.setattr(models, "open_engine", none)
    with pytest.raises(LivebgError, match="no engine"):
        _run(_order(film))
    assert [each.name for each in film.parent.iterdir()] == [film.name]
