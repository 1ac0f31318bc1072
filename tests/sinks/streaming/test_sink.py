"""The sink alone: its connection is a stand-in here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from composites import composite, standby
from patience import until
from stream_servers import ClappingMicrophone, feed

from livebg.core.errors import SinkError
from livebg.core.types import Composite
from livebg.sinks.streaming.address import parse_address
from livebg.sinks.streaming.connection import Lost
from livebg.sinks.streaming.sink import Pauses, Streamer, StreamLine, usual_bits_per_s

ADDRESS = parse_address("rtmp://live.example/app/secret")
SHORT = Pauses(first_s=0.01, longest_s=0.04)


@dataclass
class Server:
    """Makes connections, and notes what they are given. refuses: raises Lost for the n-th connection; breaks_after:
    pictures, the first connection does; gate: pictures wait for it."""

    refuses: Callable[[int], bool] = lambda _: False
    breaks_after: float = float("inf")
    gate: threading.Event = field(default_factory=threading.Event)
    opened: list[tuple[object, ...]] = field(default_factory=list)
    pictures: list[list[tuple[np.ndarray, float]]] = field(default_factory=list)
    samples: int = 0
    closed: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def connection(self, *values: object) -> Connected:
        self.opened.append(values)
        return Connected(self)


class Connected:
    def __init__(self, server: Server) -> None:
        self._server = server

    def connect(self) -> None:
        if self._server.refuses(len(self._server.opened)):
            raise Lost("nothing listens on port 1935 there")
        self._server.pictures.append([])

    def picture(self, picture: np.ndarray, at_s: float) -> None:
        self._server.gate.wait()
        if len(self._server.pictures) == 1 and len(self._server.pictures[0]) >= self._server.breaks_after:
            raise Lost("the server closed the connection")
        self._server.pictures[-1].append((picture, at_s))

    def sound(self, samples: np.ndarray) -> None:
        assert samples.dtype == np.float32
        self._server.samples += len(samples)

    def close(self) -> None:
        self._server.closed += 1

    def kill(self) -> None:
        self._server.gate.set()


def streamer(server: Server, **options: object) -> Streamer:
    return Streamer(ADDRESS, 30.0, pauses=SHORT, connect=server.connection, **options)  # type: ignore[arg-type]


def test_composites_and_standby_images_go_out_and_nothing_else() -> None:
    server = Server()
    sink = streamer(server)
    assert (sink.name, sink.reads, sink.is_live, sink.is_watched) == (
        "stream to rtmp://live.example",
        "image",
        True,
        True,
    )
    given: list[Composite] = [composite(0.0), standby(), composite(0.1, is_transparent=True)]
    sink.write(composite(0.0))
    until(lambda: bool(server.pictures), "the connection, which has the first one's size")
    for number, each in enumerate(given, 1):
        sink.write(each)
        until(lambda sent=number: sink.sent >= sent, "the frame")  # type: ignore[misc]
    sink.close()
    sink.close()
    shown = [picture for picture, _ in server.pictures[0]]
    assert [each.shape for each in shown] == [(24, 32, 3)] * 3
    for picture, each in zip(shown, given, strict=True):
        assert (picture == each.image).all()
    assert server.opened == [(ADDRESS, 300_000, 24, 32, 30.0, 0)]
    assert (sink.sent, sink.connections, server.closed) == (3, 1, 1)


def test_a_slow_network_costs_frames_and_never_waits(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    sink = streamer(server)
    feed(sink, lambda: sink.sent >= 1)
    server.gate.clear()
    for number in range(20):
        sink.write(composite(number / 30, sequence=number))
    assert sink.dropped >= 18
    with caplog.at_level(logging.INFO):
        sink.close()  # kills the connection, which hangs
    assert "left out" in caplog.text


def test_the_first_connection_that_fails_ends_it() -> None:
    server = Server(refuses=lambda _: True)
    sink = streamer(server)
    with pytest.raises(SinkError, match=r"stream to rtmp://live.example: cannot be sent: nothing listens on port"):
        feed(sink, lambda: False)
    sink.close()
    assert len(server.opened) == server.closed == 1


def test_a_lost_one_is_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(refuses=lambda number: 1 < number < 6, breaks_after=3)
    sink = streamer(server)
    with caplog.at_level(logging.INFO):
        feed(sink, lambda: sink.connections == 2, fps=200)
        sink.close()
    assert all(each[0][1] == 0.0 for each in server.pictures if each), "each connection begins at 0"
    assert caplog.text.count("is back after") == 1
    assert "closed the connection. Frames are dropped until it is back" in caplog.text
    assert caplog.text.count(": lost:") == 1
    assert server.closed == len(server.opened)
    assert "secret" not in caplog.text


def test_sound_goes_along() -> None:
    server = Server()
    sink = streamer(server, sound=ClappingMicrophone(), bits_per_s=1_000_000)
    feed(sink, lambda: server.samples > 4_800)
    sink.close()
    assert server.opened == [(ADDRESS, 1_000_000, 120, 160, 30.0, 1)]


def test_nothing_came() -> None:
    server = Server()
    streamer(server).close()
    assert server.opened == []


def test_what_fails_otherwise_is_a_failure_of_the_sink() -> None:
    def connection(*_: object) -> Connected:
        raise ZeroDivisionError

    sink = Streamer(ADDRESS, 30.0, connect=connection)  # type: ignore[arg-type]
    with pytest.raises(SinkError, match="ZeroDivisionError"):
        feed(sink, lambda: False)
    sink.close()


def test_sound_before_the_first_frame_is_no_part_of_the_stream() -> None:
    line = StreamLine(10.0)
    assert list(line.pieces(9.0, 9.5)) == []
    assert list(line.pieces(9.5, 10.5)) == [(10.0, 10.5, 0.0)]
    assert list(line.pieces(11.0, 12.0)) == [(11.0, 12.0, 1.0)]


@pytest.mark.parametrize(
    ("height", "width", "fps", "expected"),
    [(720, 1280, 30, 2_764_800), (1080, 1920, 30, 6_220_800), (24, 32, 30, 300_000), (2160, 3840, 60, 12_000_000)],
)
def test_the_rate_follows_the_size(height: int, width: int, fps: float, expected: int) -> None:
    assert usual_bits_per_s(height, width, fps) == expected
