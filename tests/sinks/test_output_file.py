from __future__ import annotations

import os
from pathlib import Path

import pytest

from livebg.errors import SinkError
from livebg.sinks.output_file import OutputFile, checked_path


def test_a_new_file_may_be_made_and_is_not_made_yet(tmp_path: Path) -> None:
    assert checked_path(str(tmp_path / "a.mp4"), force=False) == tmp_path / "a.mp4"
    assert list(tmp_path.iterdir()) == []


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert checked_path("~/a.mp4", force=False) == tmp_path / "a.mp4"


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_bytes(b"keep me")
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nowhere")
    for path, words in {
        there: ["exists", "--force"],
        tmp_path / "dangling.mp4": ["exists", "--force"],
        tmp_path: ["is a folder", "livebg.mp4"],
        tmp_path / "no" / "a.mp4": ["does not exist", "mkdir"],
        Path(os.devnull): ["no ordinary file"],
        there / "a.mp4": ["not a folder"],
        tmp_path / ("x" * 300 + ".mp4"): ["too long"],
        Path("~nosuchuser/a.mp4"): ["home"],
    }.items():
        with pytest.raises(SinkError) as raised:
            checked_path(str(path), force=False)
        assert [word for word in (*words, path.name) if word not in str(raised.value)] == []
    assert checked_path(str(there), force=True) == there
    assert there.read_bytes() == b"keep me"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_place_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    path = tmp_path / "a.mp4"
    if is_there:
        path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # a folder's own permissions do not stop a test run by root
    with pytest.raises(SinkError, match="may not be written"):
        checked_path(str(path), force=True)


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"keep me")
    with pytest.raises(SinkError, match="--force"):
        OutputFile(path, force=False)
    assert path.read_bytes() == b"keep me"
    with pytest.raises(SinkError, match="No such file"):
        OutputFile(tmp_path / "gone" / "a.mp4", force=False)


def test_abandoned_files_end_at_the_last_whole_piece(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    output = OutputFile(path, force=False)
    assert output.write(b"whole") == 5
    output.keep()
    output.write(b"broken")
    output.abandon()
    assert (output.write(b"late"), output.seek(0), output.tell()) == (4, 0, 0)
    output.keep()
    output.abandon()
    output.close()
    assert path.read_bytes() == b"whole"


def test_nothing_is_left_of_a_file_without_a_whole_piece(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "a.bin", force=False)
    output.write(b"broken")
    output.abandon()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux'")
def test_a_failed_write_is_raised_and_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    output = OutputFile(Path("/dev/full"), force=True)
    with pytest.raises(OSError, match="No space"):
        output.write(b"x")
    assert output.write(b"later") == 5
