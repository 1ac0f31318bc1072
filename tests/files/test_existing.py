"""Outputs that are there: whole, cut short, or rubbish."""

from __future__ import annotations

from pathlib import Path

import photos
import pytest
from films import make_film

from livebg.files.existing import are_done, fault_of_film, fault_of_picture
from livebg.sinks.sequences import LIST_NAME


def test_a_picture(tmp_path: Path) -> None:
    whole, cut, empty = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    whole.write_bytes(photos.file_of(photos.scene(), "JPEG"))
    cut.write_bytes(whole.read_bytes()[:-200])
    empty.touch()
    assert fault_of_picture(whole) == ""
    assert fault_of_picture(cut)
    assert fault_of_picture(empty)


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
