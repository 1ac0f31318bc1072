"""Files that come."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from patience import HANGS_S

from livebg.pipeline import watch_folder
from livebg.pipeline.watch_folder import LOOK_S, FolderWatcher


@pytest.fixture(params=["listened", "looked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "looked":
        monkeypatch.setattr(watch_folder, "_listener", lambda *_: None)
    elif not sys.platform.startswith("linux"):
        pytest.skip("inotify is Linux's")
    return str(request.param)


@pytest.fixture
def look_s(way: str) -> float:
    return LOOK_S if way == "listened" else 0.1


def _told(folder: Path, look_s: float, *acts: Callable[[], None]) -> list[tuple[str, bool]]:
    """What is there, and after each act what it made; what comes within 0.4 s more is told, too."""
    stopping, found, coming = threading.Event(), [], list(acts)
    ending = threading.Timer(HANGS_S, stopping.set)
    ending.start()
    with FolderWatcher(folder, look_s) as files, closing(_stream(files, stopping)) as stream:
        for each in stream:
            found.append((each[0].name, each[1]))
            if coming:
                coming.pop(0)()
            elif len(found) == len(acts) + 1:
                ending.cancel()
                ending = threading.Timer(0.4, stopping.set)
                ending.start()
    ending.join()
    return found


def _stream(files: FolderWatcher, stopping: threading.Event) -> Iterator[tuple[Path, bool]]:
    yield from files.until(stopping)


@pytest.mark.slow
def test_what_is_there_and_what_comes(tmp_path: Path, look_s: float) -> None:
    (tmp_path / "there.jpg").write_bytes(b"x")

    def write() -> None:
        (tmp_path / "in work").mkdir()
        (tmp_path / "in work" / "moved.jpg").write_bytes(b"moved")
        (tmp_path / "new.jpg").write_bytes(b"new")

    def move() -> None:
        (tmp_path / "in work" / "moved.jpg").rename(tmp_path / "moved.jpg")

    assert _told(tmp_path, look_s, write, move) == [("there.jpg", False), ("new.jpg", True), ("moved.jpg", True)]


@pytest.mark.slow
def test_a_file_is_told_when_it_is_whole(tmp_path: Path, way: str, look_s: float) -> None:
    pause_s = 1.0 if way == "listened" else 0.05
    sizes = []

    def act() -> None:
        with (tmp_path / "slow.jpg").open("wb", buffering=0) as stream:
            for _ in range(4):
                stream.write(b"part")
                time.sleep(pause_s / 4)

    stopping = threading.Event()
    acting = threading.Thread(target=act)
    with FolderWatcher(tmp_path, look_s) as files:
        acting.start()
        for path, _ in files.until(stopping):
            sizes.append(path.stat().st_size)
            stopping.set()
    acting.join()
    assert sizes == [16]


@pytest.mark.slow
def test_it_ends_when_told(tmp_path: Path, look_s: float) -> None:
    stopping = threading.Event()
    ending = threading.Timer(0.3, stopping.set)
    ending.start()
    with FolderWatcher(tmp_path, look_s) as files:
        assert list(files.until(stopping)) == []
    ending.join()
    assert os.listdir(tmp_path) == []
