from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from pipewire_camera import RunningHolder, running_holder

from livebg.core.threads import Worker
from livebg.core.version import VERSION
from livebg.media.pipewire import link as module
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.link import Status, connect, start_holder
from livebg.media.pipewire.protocol import SOCKET, Channel


def test_it_starts_a_holder_where_none_listens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as killed:
        killed.bind(str(tmp_path / SOCKET))
    started: list[RunningHolder] = []
    link = connect(8, 4, 30.0, start=lambda: started.append(RunningHolder(tmp_path)), folder=tmp_path)
    assert len(started) == 1
    assert link.status == Status()
    link.close()
    link.close()
    started[0].end()


def test_a_holder_of_another_version_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_holder(tmp_path) as running:
        monkeypatch.setattr(module, "VERSION", "99.0")  # as the livebg that comes
        ends: list[bool] = []

        def start() -> None:
            ends.append(running.has_ended.wait(30.0))
            monkeypatch.undo()
            running.start()

        connect(8, 4, 30.0, start=start, folder=tmp_path).close()
        assert ends == [True]


def test_one_of_another_version_stays_under_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_holder(tmp_path) as running:
        connect(8, 4, 30.0, start=lambda: None, folder=tmp_path).close()
        running.camera.read_by("firefox")
        monkeypatch.setattr(module, "VERSION", "99.0")
        link = connect(8, 4, 30.0, start=lambda: pytest.fail("there is a holder"), folder=tmp_path)
        assert link.version == VERSION
        assert len(running.cameras) == 1
        link.close()


def answering(path: Path, **answer: object) -> Worker:
    """A foreign holder that answers each hello so."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path / SOCKET))
    listener.listen(1)

    def serve(_stopping: object) -> None:
        with listener:
            channel = Channel(listener.accept()[0])
            channel.receive(30.0)
            channel.send(**answer)  # type: ignore[arg-type]  # no handle
            channel.close()

    return Worker("foreign holder", serve)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"refused": "busy"}, "another livebg writes to it; end that one"),
        (
            {"refused": "version", "version": "0.1", "readers": ["a", "b"]},
            r"livebg 0\.1, because a, b reads it; switch",
        ),
        ({"refused": "version", "version": 7}, "livebg 7, because a program reads it"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, answer: dict[str, object], told: str) -> None:
    holder = answering(tmp_path, **answer)
    with pytest.raises(NoPipeWire, match=told):
        connect(8, 4, 30.0, start=lambda: None, folder=tmp_path)
    holder.stop()


def test_a_socket_that_may_not_be_opened_is_told_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[bool]()

    class Refused(socket.socket):
        def connect(self, _: object) -> None:
            raise PermissionError(13, "Permission denied")

        def close(self) -> None:
            closed.append(True)
            super().close()

    monkeypatch.setattr(module.socket, "socket", Refused)
    with pytest.raises(NoPipeWire, match="Permission denied"):
        connect(8, 4, 30.0, start=lambda: None, folder=tmp_path)
    assert closed == [True]


def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError("it does not start: no memory")

    with pytest.raises(NoPipeWire, match="cannot be reached: it does not start: no memory"):
        connect(8, 4, 30.0, start=fail, folder=tmp_path)


def test_one_that_never_listens_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.2)
    with pytest.raises(NoPipeWire, match="does not answer"):
        connect(8, 4, 30.0, start=lambda: None, folder=tmp_path)


def test_a_start_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"it does not start: .*Error"):
        start_holder()
