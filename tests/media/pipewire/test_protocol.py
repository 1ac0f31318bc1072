from __future__ import annotations

import os
import socket
import sys

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from livebg.media.pipewire.protocol import CARD, SLOTS, Channel, FrameMemory, Gone


def pair() -> tuple[Channel, Channel]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(one), Channel(other)


def test_packets_and_handles_arrive_one_by_one() -> None:
    ours, theirs = pair()
    reading, writing = os.pipe()
    assert theirs.receive() is None
    ours.send(frame=3)
    ours.send(handle=writing, memory=True)
    assert theirs.receive() == ({"frame": 3}, None)
    heard = theirs.receive(5.0)
    assert heard is not None
    message, handle = heard
    assert message == {"memory": True}
    assert handle is not None
    os.write(handle, b"x")
    assert os.read(reading, 1) == b"x"
    for each in (reading, writing, handle):
        os.close(each)
    ours.close()
    theirs.close()


@pytest.mark.parametrize("packet", [b"no JSON", b"[1]", b"\xff\xfe"])
def test_another_language_ends_it(packet: bytes) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one:
        one.send(packet)
        channel = Channel(other)
        with pytest.raises(Gone, match="protocol"):
            channel.receive()
        channel.close()


def test_who_has_gone_is_noticed_on_both_ways() -> None:
    ours, theirs = pair()
    theirs.close()
    with pytest.raises(Gone):
        ours.receive()
    with pytest.raises(Gone):
        ours.send(frame=1)
    ours.close()


def test_one_that_takes_nothing_does_not_make_the_other_wait() -> None:
    ours, theirs = pair()

    def fill() -> None:
        while True:
            ours.send(frame=1)

    with pytest.raises(Gone):
        fill()
    ours.close()
    theirs.close()


def test_both_sides_see_the_same_pictures() -> None:
    ours = FrameMemory(24)
    theirs = FrameMemory(24, os.dup(ours.handle))
    for number in (CARD, *SLOTS):
        ours.picture(number)[:] = bytes([number + 1]) * 24
    assert [bytes(theirs.picture(each)) for each in (CARD, *SLOTS)] == [bytes([each + 1]) * 24 for each in range(5)]
    ours.close()
    ours.close()
    theirs.close()


def test_memory_that_could_shrink_is_refused() -> None:
    sealed, loose = FrameMemory(24), os.memfd_create("loose", os.MFD_ALLOW_SEALING)
    os.ftruncate(loose, 4096)
    for handle, size in ((loose, 24), (os.dup(sealed.handle), 4096)):
        with pytest.raises(OSError, match="too small, or could become so"):
            FrameMemory(size, handle)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)
    sealed.close()
    with pytest.raises(OSError, match="no picture has 0 bytes"):
        FrameMemory(0)
