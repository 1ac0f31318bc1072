"""Whether a film shows people is decided once, before its segments, and only where the engine could show anything."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from films import make_film

from livebg import models
from livebg.core.settings import Settings
from livebg.media.video.reader import Film
from livebg.models.crop import is_somebody
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.segments import segments
from livebg.pipeline.film.spec import FilmJob
from livebg.pipeline.film.subject import LOOKS, with_subject


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames that livebg looked at; nobody is on them."""
    seen: list[int] = []

    def show_people(frames: object, _: Settings) -> bool:
        seen.extend(each.sequence for each in frames)  # type: ignore[attr-defined]
        return False

    monkeypatch.setattr(models, "show_people", show_people)
    return seen


def _decided(path: Path, **settings: object) -> tuple[str, tuple[str, ...]]:
    job = FilmJob(path, path.parent / "out.mp4", Settings(**settings), JobOptions(start_s=1.0), True)  # type: ignore[arg-type]
    with closing(Film(path)) as film:
        decided, notes = with_subject(job, film, segments(film.index(), film.info.time_base, job.job_options))
    return decided.settings.subject, notes


def test_a_film_without_people_is_of_anything_and_says_so(tmp_path: Path, looks: list[int]) -> None:
    subject, notes = _decided(make_film(tmp_path / "a.mp4"), engine="rmbg")
    assert subject == "anything"
    assert "nobody was found" in notes[0]
    assert len(looks) == LOOKS
    assert looks[0] == 25, "from --start on"
    assert looks[-1] == 74


def test_a_film_with_people_is_of_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "show_people", lambda _frames, _settings: True)
    assert _decided(make_film(tmp_path / "a.mp4"), engine="rmbg") == ("people", ())


@pytest.mark.parametrize("settings", [{"engine": "selfie"}, {"engine": "rmbg", "subject": "people"}])
def test_what_is_decided_already_costs_no_look(tmp_path: Path, looks: list[int], settings: dict[str, str]) -> None:
    assert _decided(make_film(tmp_path / "a.mp4"), **settings)[1] == ()
    assert looks == []


def test_the_light_engine_tells_people_from_a_speck() -> None:
    belief = np.zeros((90, 160), np.float32)
    assert not is_somebody(belief)
    belief[:4, :4] = 0.9
    assert not is_somebody(belief)
    belief[:40, :40] = 0.9
    assert is_somebody(belief)
