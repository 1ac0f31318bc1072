from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from patience import until

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from pipewire_camera import QUICK, RunningHolder, running_holder

from livebg.core.version import VERSION
from livebg.media.pipewire.holder import NO_LINKS, black
from livebg.media.pipewire.link import Link, connect
from livebg.media.pipewire.protocol import PROTOCOL, SOCKET, Channel, Gone

SIZE = 8 * 4 * 3 // 2
CARD, ONE, TWO = bytes([200]) * SIZE, bytes([1]) * SIZE, bytes([2]) * SIZE


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHolder]:
    with running_holder(tmp_path) as made:
        yield made


@pytest.fixture
def link(running: RunningHolder, tmp_path: Path) -> Iterator[Link]:  # noqa: ARG001 - it must run
    made = connected(tmp_path)
    yield made
    made.close()


def connected(folder: Path, width: int = 8, height: int = 4) -> Link:
    made = connect(width, height, 30.0, start=lambda: pytest.fail("there is a holder"), folder=folder)
    if (made.width, made.height) == (8, 4):
        made.card[:] = CARD
        made.card_changed()
    return made


def hand(link: Link, picture: bytes) -> None:
    slots: list[int] = []

    def is_free() -> bool:
        slot = link.free_slot()
        slots[:] = [] if slot is None else [slot]
        return bool(slots)

    until(is_free, "a free slot")
    link.picture(slots[0])[:] = picture
    link.hand(slots[0])


def read(running: RunningHolder, link: Link, *names: str) -> None:
    """Makes these programs read, until livebg knows it."""
    running.camera.read_by(*names)

    def is_known() -> bool:
        link.follow()
        return link.status.readers == names and link.status.is_read == bool(names)

    until(is_known, "the status")


def test_readers_get_the_frames_and_livebg_their_names(running: RunningHolder, link: Link) -> None:
    camera = running.camera
    assert (camera.width, camera.height, camera.fps) == (8, 4, 30.0)
    read(running, link, "chromium", "firefox")
    for picture in (ONE, TWO) * 6:
        hand(link, picture)
        until(lambda picture=picture: camera.pictures[-1:] == [picture], "the picture")
    read(running, link)


def test_without_frames_the_card_shows_and_the_last_composite_is_overwritten(
    running: RunningHolder, link: Link
) -> None:
    read(running, link, "firefox")
    hand(link, ONE)
    until(lambda: ONE in running.camera.pictures, "the composite")
    until(lambda: running.camera.pictures[-3:] == [CARD] * 3, "the card")
    until(lambda: link.free_slot() == 1, "the slot is livebg's again")
    assert bytes(link.picture(1)) == CARD
    hand(link, TWO)
    until(lambda: TWO in running.camera.pictures, "frames again")


def test_livebg_goes_and_another_comes_under_the_same_reader(
    running: RunningHolder, link: Link, tmp_path: Path
) -> None:
    camera = running.camera
    read(running, link, "firefox")
    hand(link, ONE)
    memory = link.picture(1)
    until(lambda: ONE in camera.pictures, "the composite")
    link.close()  # as the system does for a killed process
    until(lambda: camera.pictures[-1] == CARD, "the card")
    assert bytes(memory) == CARD, "the last composite is overwritten"
    other = connected(tmp_path)
    hand(other, TWO)
    until(lambda: TWO in camera.pictures, "the next livebg's frames")
    assert running.cameras == [camera], "the same camera all the time"
    assert not camera.is_closed
    other.close()


def test_the_size_stays_while_somebody_reads(running: RunningHolder, link: Link, tmp_path: Path) -> None:
    read(running, link, "firefox")
    link.close()
    fitted = connected(tmp_path, 16, 16)
    assert (fitted.width, fitted.height) == (8, 4)
    read(running, fitted)
    fitted.close()
    new = connected(tmp_path, 16, 16)
    assert (new.width, new.height) == (16, 16)
    assert [each.is_closed for each in running.cameras] == [True, False]
    new.close()


def test_of_frames_that_wait_only_the_newest_shows(running: RunningHolder, link: Link) -> None:
    """A burst is taken without one of its frames being kept for later."""
    read(running, link, "firefox")
    for number in range(100):
        slot = link.free_slot()
        if slot is not None:
            link.picture(slot)[:] = bytes([100 + number]) * SIZE
            link.hand(slot)
    shown = [each[0] for each in running.camera.pictures if 100 <= each[0] < CARD[0]]
    assert shown == sorted(shown)
    until(lambda: link.free_slot() is not None, "a free slot")


def test_a_second_livebg_is_refused(running: RunningHolder, link: Link, tmp_path: Path) -> None:
    from livebg.media.pipewire.library import NoPipeWire

    with pytest.raises(NoPipeWire, match="another livebg"):
        connected(tmp_path)
    hand(link, ONE)
    assert len(running.cameras) == 1


def hello(folder: Path, **values: object) -> Channel:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(folder / SOCKET))
    channel = Channel(connection)
    channel.send(**{"protocol": PROTOCOL, "version": VERSION, "width": 8, "height": 4, "fps": 30.0, **values})
    return channel


def test_another_version_gets_a_holder_of_its_own_when_nobody_reads(running: RunningHolder, tmp_path: Path) -> None:
    channel = hello(tmp_path, version="99.0")
    with pytest.raises(Gone):
        channel.receive(30.0)
    assert running.has_ended.wait(30.0)
    channel.close()


@pytest.mark.parametrize(("protocol", "answer"), [(PROTOCOL, "width"), (PROTOCOL + 1, "refused")])
def test_another_version_finds_the_camera_still_read(
    running: RunningHolder, link: Link, tmp_path: Path, protocol: int, answer: str
) -> None:
    read(running, link, "firefox")
    link.close()
    until(lambda: running.camera.pictures[-1:] == [CARD], "the card")
    channel = hello(tmp_path, version="99.0", protocol=protocol)
    heard = channel.receive(30.0)
    assert heard is not None
    assert (heard[0]["protocol"], heard[0]["version"]) == (PROTOCOL, VERSION)
    assert answer in heard[0]
    assert heard[0].get("readers", ["firefox"]) == ["firefox"]
    assert running.camera.is_read
    channel.close()


@pytest.mark.parametrize("wrong", [{"width": "wide"}, {"width": 7}, {"width": 0}, {"protocol": None, "height": None}])
def test_nonsense_harms_nobody(tmp_path: Path, wrong: dict[str, object]) -> None:
    with running_holder(tmp_path) as holder:
        channel = hello(tmp_path, **wrong)
        with pytest.raises(Gone):
            channel.receive(30.0)
        channel.close()
        assert holder.cameras == []


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("wrong", [{"frame": 9}, {"frame": 0}, {"frame": "x"}, {"frame": 1}])
def test_a_wrong_frame_ends_that_livebg_only(tmp_path: Path, wrong: dict[str, object]) -> None:
    channel = hello(tmp_path)
    assert channel.receive(30.0) is not None
    channel.send(**wrong)  # type: ignore[arg-type]  # no handle
    channel.receive(30.0)  # the status
    with pytest.raises(Gone):
        channel.receive(30.0)
    channel.close()
    connected(tmp_path).close()


def test_it_connects_again_when_pipewire_comes_back(running: RunningHolder, link: Link) -> None:
    read(running, link, "firefox")
    running.has_daemon = False
    running.camera.lose()

    def says(part: str) -> bool:
        link.follow()
        return part in link.status.problem and bool(link.status.problem) == bool(part)

    until(lambda: says("PipeWire has gone"), "the problem")
    assert not link.status.is_read
    assert running.cameras[0].is_closed
    running.has_daemon = True
    until(lambda: len(running.cameras) == 2, "the next camera")
    until(lambda: says(""), "the problem's end")
    read(running, link, "firefox")
    hand(link, TWO)
    until(lambda: TWO in running.camera.pictures, "frames in the new camera")


def test_no_session_manager_is_told(running: RunningHolder, link: Link) -> None:
    running.camera.has_session_manager = False

    def is_told() -> bool:
        link.follow()
        return link.status.problem == NO_LINKS

    until(is_told, "the problem")


def test_it_ends_alone_but_not_under_a_reader(tmp_path: Path) -> None:
    with running_holder(tmp_path, replace(QUICK, linger=0.3)) as running:
        link = connected(tmp_path)
        read(running, link, "firefox")
        link.close()
        assert not running.has_ended.wait(1.0), "somebody reads"
        running.camera.read_by()
        assert running.has_ended.wait(30.0)
        assert running.camera.is_closed


def test_black_is_black() -> None:
    assert black(4, 2) == bytes([16] * 8 + [128] * 4)


def test_it_loads_little() -> None:
    """The holder stays small: nothing but the standard library, and a few modules of livebg."""
    code = "import sys, livebg.media.pipewire.holder, livebg.media.pipewire.output; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {each.partition(".")[0] for each in done.stdout.split()}
    assert not loaded & {"numpy", "cv2", "torch", "av", "PIL", "numba", "asyncio", "multiprocessing"}
    ours = {each for each in done.stdout.split() if each.startswith("livebg.")}
    assert len(ours) <= 13, ours
