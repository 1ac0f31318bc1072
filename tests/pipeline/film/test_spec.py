"""What comes of a wish, and what of it makes earlier parts useless."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob


def _order(
    tmp_path: Path, target: str, background: str = "#00ff00", force: bool = False, **job_options: object
) -> FilmJob:
    source = tmp_path / "in.mp4"
    if not source.exists():
        source.touch()
    return FilmJob(
        source,
        tmp_path / target,
        Settings(background=background, force=force),
        JobOptions(**job_options),
        background != "",
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "background", "what", "contents"),
    [
        ("a.mp4", "#00ff00", "auto", ["composite"]),
        ("a.mov", "#00ff00", "auto", ["composite"]),
        ("a.mov", "none", "auto", ["alpha"]),
        ("a.mkv", "#00ff00", "matte", ["matte"]),
        ("a.mkv", "#00ff00", "pair", ["foreground", "matte"]),
        ("a.mp4", "#00ff00", "foreground", ["foreground"]),
    ],
)
def test_what_comes_out(tmp_path: Path, target: str, background: str, what: str, contents: list[str]) -> None:
    outputs = _order(tmp_path, target, background, what=what).outputs()
    assert [each.form.content for each in outputs] == contents


def test_alpha_where_no_file_can_hold_it(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.mp4"):
        _order(tmp_path, "a.mp4", "none").outputs()
    job = _order(tmp_path, "a.mp4", "none", what="composite")
    with pytest.raises(SinkError, match="needs a background"):
        job.settings_for(job.outputs())


def test_the_journey_has_a_background_only_where_one_is_seen(tmp_path: Path) -> None:
    composite, matte = _order(tmp_path, "a.mp4"), _order(tmp_path, "a.mkv", what="matte")
    assert composite.settings_for(composite.outputs()).background == "#00ff00"
    assert matte.settings_for(matte.outputs()).background == "none"
    assert matte.settings_for(matte.outputs()).pace == "every-frame"


def test_resume_and_force_change_no_picture(tmp_path: Path) -> None:
    plain = _order(tmp_path, "a.mp4").identity(3)
    assert _order(tmp_path, "a.mp4", resumes=True, force=True).identity(3) == plain
    assert _order(tmp_path, "a.mp4", quality=50).identity(3) != plain
    assert _order(tmp_path, "a.mp4", "#00ff01").identity(3) != plain
    assert _order(tmp_path, "a.mp4").identity(4) != plain


@pytest.mark.parametrize(
    ("target", "folder"), [("a.png", "a"), ("a_%04d.png", "a"), ("%06d.png", "pictures"), ("new/%06d.png", "new")]
)
def test_pictures_go_to_a_folder_of_their_own(tmp_path: Path, target: str, folder: str) -> None:
    (output,) = _order(tmp_path, target, "none").outputs()
    assert output.target == tmp_path / folder
