from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from patience import until

if not sys.platform.startswith("linux"):
    pytest.skip("v4l2loopback is Linux'", allow_module_level=True)

from livebg.sinks.virtual_camera import consumers
from livebg.sinks.virtual_camera.consumers import ConsumerWatch


def becomes(is_so: Callable[[], bool]) -> bool:
    until(is_so, "a change of who watches")
    return True


class Stage:
    """Readers that the test plays: a pipe in place of the device."""

    def __init__(self, short_s: float = 0.0) -> None:
        self.short_s, self.events = short_s, select.POLLIN
        self.handle, self._told = os.pipe()
        self.is_there = False
        self.fails = False
        self.asked = 0
        self.is_closed = False

    def tell(self, is_there: bool) -> None:
        self.is_there = is_there
        os.write(self._told, b"!")

    def vanish(self) -> None:
        os.close(self._told)
        self._told = -1

    def since_s(self) -> float | None:
        if self.asked:
            os.read(self.handle, 1)
        self.asked += 1
        if self.fails:
            raise ValueError("nonsense")
        return time.monotonic() if self.is_there else None

    def close(self) -> None:
        self.is_closed = True

    def give_back(self) -> None:
        os.close(self.handle)
        if self._told >= 0:
            os.close(self._told)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage()
    monkeypatch.setattr(consumers, "consumers_of", lambda _: stage)
    yield stage
    stage.give_back()


@pytest.mark.slow
def test_nobody_then_somebody_then_nobody(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), closing(ConsumerWatch("/dev/video20", linger_s=0.3)) as watched:
        assert becomes(lambda: not watched.is_watched), "at once: nobody has been there"
        stage.tell(True)
        assert becomes(lambda: watched.is_watched)
        left_s = time.monotonic()
        stage.tell(False)
        assert becomes(lambda: not watched.is_watched)
        assert time.monotonic() - left_s >= 0.25, "who has just left may come again"
    assert stage.is_closed
    assert [each.getMessage().split(": ")[1] for each in caplog.records] == ["watched", "nobody watches"]


def test_who_comes_again_soon_is_not_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.is_there = True
    with caplog.at_level(logging.INFO), closing(ConsumerWatch("/dev/video20")) as watched:
        for is_there in (False, True, False, True):
            stage.tell(is_there)
        assert becomes(lambda: stage.asked == 5)
        assert watched.is_watched
    assert not caplog.records


@pytest.mark.slow
def test_a_short_look_does_not_wake(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.short_s = 0.5
    with caplog.at_level(logging.INFO), closing(ConsumerWatch("/dev/video20")) as watched:
        for is_there in (True, False, True, False):
            stage.tell(is_there)
        assert becomes(lambda: stage.asked == 5)
        assert not watched.is_watched
        stage.tell(True)
        assert becomes(lambda: watched.is_watched)
    assert [each.getMessage() for each in caplog.records] == ["/dev/video20: watched"]


@pytest.mark.parametrize("fault", ["raises", "vanishes"])
def test_what_cannot_be_told_counts_as_watched(stage: Stage, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    with caplog.at_level(logging.INFO), closing(ConsumerWatch("/dev/video20")) as watched:
        assert becomes(lambda: not watched.is_watched)
        stage.fails = fault == "raises"
        if fault == "raises":
            stage.tell(False)
        else:
            stage.vanish()
        assert becomes(lambda: watched.is_watched)
        assert becomes(lambda: stage.is_closed)
    assert len(caplog.records) == 1
    assert "it counts as watched from now on" in caplog.text


def test_no_device_counts_as_watched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), closing(ConsumerWatch(str(tmp_path / "video20"))) as watched:
        assert becomes(lambda: "it counts as watched from now on" in caplog.text)
        assert watched.is_watched
    watched.close()


@pytest.mark.slow
def test_on_a_file_in_place_of_the_node(tmp_path: Path) -> None:
    node, before = tmp_path / "video20", len(os.listdir("/proc/self/fd"))
    node.touch()
    with closing(ConsumerWatch(str(node), linger_s=0.1)) as watched:
        assert becomes(lambda: not watched.is_watched)
        with node.open("rb"):
            assert becomes(lambda: watched.is_watched)
        assert becomes(lambda: not watched.is_watched)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.slow
def test_who_holds_it_is_named_but_the_loops_thread_does_not_look(tmp_path: Path) -> None:
    node, asked = tmp_path / "video20", list[tuple[str, ...]]()
    node.touch()
    with closing(ConsumerWatch(str(node), linger_s=0.1)) as watched, node.open("rb") as held:
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(held.fileno(),))
        try:
            assert becomes(lambda: watched.is_watched)
            assert watched.names == (), "the main thread gets the last answer"
            until(lambda: _asked_aside(watched, asked) != (), "a name")
            assert any("python" in each for each in asked[-1])
            assert watched.names == asked[-1]
        finally:
            other.communicate(b"\n")


def _asked_aside(watched: ConsumerWatch, asked: list[tuple[str, ...]]) -> tuple[str, ...]:
    asker = threading.Thread(target=lambda: asked.append(watched.names))
    asker.start()
    asker.join()
    return asked[-1]
