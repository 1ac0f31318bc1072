"""Files get their names when they are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.errors import SinkError
from livebg.files import finishing
from livebg.files.finishing import finish, partial_name, remove
from livebg.files.task import Made, Task
from test_task import task  # noqa: F401 - a fixture


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    import threading

    from livebg.files.task import locally

    made = Made()
    list(locally(task, made, threading.Event()))
    task.order.target.write_bytes(b"mine")
    with pytest.raises(SinkError, match="exists already"):
        finish(task, made)
    assert task.order.target.read_bytes() == b"mine"
    task.order.target.unlink()
    monkeypatch.setattr(finishing, "taken", lambda _: AssertionError)
    finished = finish(task, made)
    assert finished.is_whole
    assert finished.paths == (task.order.target,)
    assert not task.folder.path.exists()


def test_nothing_was_made(task: Task) -> None:  # noqa: F811
    finished = finish(task, Made())
    assert (finished.paths, finished.frames, finished.is_whole) == ((), 0, False)


def test_the_partial_name_says_so() -> None:
    assert partial_name(Path("a/b.c.mp4")) == Path("a/b.c-partial.mp4")


def test_remove_takes_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1.png").touch()
    (tmp_path / "file").touch()
    for name in ("folder", "file", "nothing"):
        remove(tmp_path / name)
    assert not list(tmp_path.iterdir())
