"""Who reads, on a plain file in place of the node and an ioctl that is played; end_to_end has the real device."""

from __future__ import annotations

import errno
import os
import select
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("v4l2loopback is Linux'", allow_module_level=True)

import fcntl

from livebg.sinks.virtual_camera import consumers
from livebg.sinks.virtual_camera.consumers import (
    ClientUsage,
    OpenHandles,
    consumers_of,
    held_by_others,
    names_of,
    processes_with,
)

SUBSCRIBE, DQEVENT = 0x4020565A, 0x80885659
USAGE, OTHER = 0x10E00001, 2


@pytest.fixture
def node(tmp_path: Path) -> str:
    path = tmp_path / "video20"
    path.touch()
    return str(path)


@pytest.fixture
def other_program(node: str) -> Iterator[subprocess.Popen[str]]:
    """Holds the node open until told to end."""
    code = f"import sys; held = open({node!r}); print('open', flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as program:  # type: ignore[call-overload]
        assert program.stdout.readline() == "open\n"
        yield program
        program.kill()


class Module:
    """v4l2loopback's side of the event: what it sends, in order, or why it refuses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[int, int]] = []
        self.refuses_with = 0
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def ioctl(self, _: int, request: int, data: bytes) -> bytes:
        if request == SUBSCRIBE:
            assert struct.unpack("=3I20x", data) == (USAGE, 0, 1), "with the state as it is now"
            if self.refuses_with:
                raise OSError(self.refuses_with, os.strerror(self.refuses_with))
            return data
        assert (request, len(data)) == (DQEVENT, 136)
        if not self.events:
            raise OSError(errno.ENOENT, "none pending")
        return struct.pack("=I4xI124x", *self.events.pop(0))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Module:
    return Module(monkeypatch)


def test_the_modules_event(module: Module, node: str) -> None:
    module.events = [(USAGE, 0), (USAGE, 1), (OTHER, 7), (USAGE, 0)]
    with closing(consumers_of(node)) as usage:
        assert isinstance(usage, ClientUsage)
        assert (usage.events, usage.short_s) == (select.POLLPRI, 0.0)
        assert usage.since_s() is None
        since_s = usage.since_s()
        assert since_s is not None
        assert usage.since_s() == since_s, "another event changes nothing"
        assert usage.since_s() is None
        with pytest.raises(OSError, match="none pending"):
            usage.since_s()


@pytest.mark.parametrize("refusal", [errno.EINVAL, errno.ENOTTY])
def test_an_old_module_has_no_event(module: Module, node: str, refusal: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    module.refuses_with = refusal
    with pytest.raises(OSError, match=r"\[Errno"):
        ClientUsage(node)
    assert len(os.listdir("/proc/self/fd")) == before


def test_another_refusal_is_no_old_module(module: Module, node: str) -> None:
    module.refuses_with = errno.ENODEV
    with pytest.raises(OSError, match="No such device"):
        consumers_of(node)


def test_opens_minus_closes(node: str) -> None:
    with closing(consumers_of(node)) as handles:
        assert isinstance(handles, OpenHandles)
        assert handles.since_s() is None
        with open(node, "rb"):
            first_s = handles.since_s()
            assert first_s is not None
            with open(node, "wb"):
                assert handles.since_s() == first_s
            assert handles.since_s() is not None, "one is left"
        assert handles.since_s() is None
        with open(node, "rb"):
            pass
        assert handles.since_s() is None


def test_who_was_there_before(node: str, other_program: subprocess.Popen[str]) -> None:
    with closing(OpenHandles(node)) as handles:
        since_s = handles.since_s()
        assert since_s is not None
        with open(node, "rb"):
            assert handles.since_s() == since_s
        assert handles.since_s() is not None, "it is still there after another one has left"
        other_program.kill()
        other_program.wait()
        assert handles.since_s() is None


@pytest.mark.usefixtures("other_program")
def test_two_opens_told_as_one(node: str) -> None:
    """The kernel merges equal events that nobody has read yet; a close then must not hide the one who stays."""
    with closing(OpenHandles(node)) as handles:
        handles._since_s = None  # as if it had come unseen
        with open(node, "rb"):
            pass
        assert handles.since_s() is not None


def test_a_node_that_goes_is_a_failure(node: str) -> None:
    with closing(OpenHandles(node)) as handles:
        os.unlink(node)
        with pytest.raises(OSError, match="the node has gone"):
            handles.since_s()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="No such file"):
        OpenHandles(node)
    assert len(os.listdir("/proc/self/fd")) == before


def test_another_node_in_its_place_is_a_failure_and_another_owner_is_none(node: str) -> None:
    with closing(OpenHandles(node)) as handles, open(node, "wb"):
        assert handles.since_s() is not None
        os.chmod(node, 0o640)
        assert handles.since_s() is not None
        os.unlink(node)
        Path(node).touch()
        with pytest.raises(OSError, match="the node has gone"):
            handles.since_s()


def test_only_others_and_only_what_may_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    for process in ("1", "2", str(os.getpid()), "sys"):
        (tmp_path / process / "fd").mkdir(parents=True)
    monkeypatch.setattr(consumers, "PROC", tmp_path)
    (tmp_path / str(os.getpid()) / "fd" / "3").symlink_to(node)
    (tmp_path / "3").mkdir()  # no fd: not to be looked into
    (tmp_path / "1" / "fd" / "4").touch()  # closed meanwhile: no link
    assert not held_by_others(node)
    (tmp_path / "1" / "fd" / "5").symlink_to(node)
    assert held_by_others(node)
    (tmp_path / "2" / "fd" / "7").symlink_to(node)
    assert sorted(processes_with(node)) == ["1", "2"]
    (tmp_path / "1" / "comm").write_text("fire\x1bfox\n")
    assert names_of(["1", "2", "1"]) == ("fire\\x1bfox",), "once each; one that has ended has none"
