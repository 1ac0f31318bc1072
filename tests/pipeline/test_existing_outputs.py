"""Outputs that are there: whole, cut short, or rubbish."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import photos
import pytest
from films import make_film

from livebg.media.video.sequences import LIST_NAME
from livebg.pipeline.existing_outputs import are_done, fault_of_film, fault_of_picture


def test_a_picture(tmp_path: Path) -> None:
    whole, cut, empty = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    whole.write_bytes(photos.file_of(photos.scene(), "JPEG"))
    cut.write_bytes(whole.read_bytes()[:-200])
    empty.touch()
    assert fault_of_picture(whole) == ""
    assert fault_of_picture(cut)
    assert fault_of_picture(empty)


@pytest.mark.slow
def test_a_film(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        film = make_film(tmp_path / name, frames=60)
        assert fault_of_film(film) == ""
        data = film.read_bytes()
        film.write_bytes(data[: len(data) // 2])
        assert fault_of_film(film), name


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    assert fault_of_film(tmp_path) == f"it is a folder without {LIST_NAME}"
    (tmp_path / LIST_NAME).touch()
    assert fault_of_film(tmp_path) == ""


def test_a_film_that_lacks_its_last_frames_is_not_whole(tmp_path: Path) -> None:
    make_film(tmp_path / "long.mov", 5)
    film = tmp_path / "a.mp4"  # what it tells of itself comes first, so that it opens however short it is
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "long.mov", "-c", "copy", "-movflags", "+faststart", film]
    subprocess.run(command, check=True)
    assert fault_of_film(film) == ""
    for less in (1, 100):
        os.truncate(film, film.stat().st_size - less)
        assert "cut off amid a frame" in fault_of_film(film) or "of 5 frames" in fault_of_film(film)


def test_done_is_what_is_there_and_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    there, absent = tmp_path / "a", tmp_path / "b"
    there.touch()
    assert are_done([there], lambda _: "")
    assert not are_done([there, absent], lambda _: "")
    assert not caplog.records
    assert not are_done([there], lambda _: "it is odd")
    assert (
        f"output {there} is there, but is not whole (it is odd): remove it, or overwrite it with --force" in caplog.text
    )
