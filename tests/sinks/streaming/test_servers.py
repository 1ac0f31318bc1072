"""Streams to true servers on this machine: what arrives, and what happens when a server goes, hangs or is not there."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from composites import noise
from patience import SLACK
from stream_servers import (
    ClappingMicrophone,
    FFmpegServer,
    HangingServer,
    WhipServer,
    feed,
    frame_now,
    free_port,
    received,
)

from livebg.core.errors import SinkError
from livebg.sinks.streaming.address import parse_address
from livebg.sinks.streaming.connection import Connection
from livebg.sinks.streaming.sink import Pauses, Streamer

pytestmark = pytest.mark.process

ENDS_S = 0.3 * SLACK  # far less than the time that a connection may take
SHORT = Pauses(first_s=0.05, longest_s=0.2)


@pytest.fixture
def hanging() -> Iterator[HangingServer]:
    server = HangingServer()
    yield server
    server.close()


@pytest.fixture(params=["rtmp", "rtsp"])
def server(request: pytest.FixtureRequest) -> Iterator[FFmpegServer]:
    made = FFmpegServer(request.param)
    yield made
    made.kill()


def test_pictures_and_sound_arrive_in_step(server: FFmpegServer, tmp_path: Path) -> None:
    server.start(tmp_path / "a.mkv")
    sink = Streamer(parse_address(server.address), 30.0, sound=ClappingMicrophone())
    longest_s = feed(sink, lambda: sink.sent >= 75)
    sink.close()
    server.end()
    seen = received(tmp_path / "a.mkv")
    assert seen.codecs == ["h264", "aac"]
    assert longest_s < 0.1 * SLACK
    assert len(seen.times_s) >= 70
    assert seen.kinds[0] == "I"
    assert set(seen.kinds) == {"I", "P"}
    keys_s = [at_s for at_s, kind in zip(seen.times_s, seen.kinds, strict=True) if kind == "I"]
    assert all(after - before < 2.5 for before, after in itertools.pairwise(keys_s))
    assert len(keys_s) >= (seen.times_s[-1] - seen.times_s[0]) // 2.5
    assert seen.farthest < 15
    assert seen.nearest_to_room > 40
    pairs = [(flash_s, min(seen.clap_s, key=lambda each: abs(each - flash_s))) for flash_s in seen.flash_s]
    assert len(pairs) >= 2
    assert np.median([abs(clap_s - flash_s) for flash_s, clap_s in pairs]) < 0.1, pairs


def test_a_server_that_went_is_tried_until_it_is_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = FFmpegServer("rtmp")
    server.start(tmp_path / "a.mkv")
    sink = Streamer(parse_address(server.address), 30.0, pauses=SHORT)
    try:
        with caplog.at_level(logging.INFO):
            feed(sink, lambda: sink.sent >= 10)
            server.kill()
            feed(sink, lambda: "lost" in caplog.text)
            server.start(tmp_path / "b.mkv")
            feed(sink, lambda: sink.connections == 2)
            sent = sink.sent
            feed(sink, lambda: sink.sent >= sent + 10)
            sink.close()
        server.end()
    finally:
        sink.close()
        server.kill()
    assert caplog.text.count(": lost: ") == 1
    assert caplog.text.count("is back after") == 1
    assert "secret" not in caplog.text
    seen = received(tmp_path / "b.mkv")
    assert seen.kinds[0] == "I"
    assert seen.times_s[0] < 0.5
    assert seen.farthest < 15


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (f"rtmp://127.0.0.1:{free_port()}/live/secret", "nothing listens on port"),
        (f"rtsp://me:secret@127.0.0.1:{free_port()}/x", "nothing listens on port"),
        ("rtmp://no-such-host.invalid/live/secret", "the host no-such-host.invalid is not known"),
    ],
    ids=["rtmp", "rtsp", "no such host"],  # two workers find other free ports
)
def test_nobody_there_at_the_start_is_one_clear_failure(where: str, why: str) -> None:
    sink = Streamer(parse_address(where), 30.0)
    with pytest.raises(SinkError, match=why) as raised:
        feed(sink, lambda: False)
    sink.close()
    assert "secret" not in str(raised.value)


def test_a_server_without_a_word_is_given_up(hanging: HangingServer) -> None:
    address = parse_address(f"rtmp://127.0.0.1:{hanging.port}/live/secret")
    sink = Streamer(address, 30.0, connect=partial(Connection, connect_s=0.3))
    with pytest.raises(SinkError, match="does not answer"):
        feed(sink, lambda: False)
    sink.close()


@pytest.mark.parametrize("scheme", ["rtmp", "whip:http"])
def test_ends_soon_while_a_server_hangs(hanging: HangingServer, scheme: str) -> None:
    sink = Streamer(parse_address(f"{scheme}://127.0.0.1:{hanging.port}/live/secret"), 30.0)
    longest_s = feed(sink, lambda: bool(hanging.accepted))
    began_s = time.monotonic()
    sink.close()
    assert time.monotonic() - began_s < ENDS_S
    assert longest_s < 0.1 * SLACK
    assert sink.sent == 0


def test_a_server_that_reads_no_more_costs_frames_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = FFmpegServer("rtmp")
    server.start(tmp_path / "a.mkv")
    limited = partial(Connection, send_s=1.0)
    sink = Streamer(parse_address(server.address), 30.0, bits_per_s=200_000_000, pauses=SHORT, connect=limited)
    noises = [noise(0.0, seed, height=480, width=640) for seed in range(8)]
    try:
        feed(sink, lambda: sink.connections == 1)
        server.stand_still()
        began_s, writes = time.monotonic(), itertools.count()
        while "lost" not in caplog.text:
            sink.write(noises[next(writes) % len(noises)])
            time.sleep(0.005)
        assert "does not answer" in caplog.text
        assert sink.dropped > 0
        assert next(writes) > 50 * min(1.0, time.monotonic() - began_s) / SLACK, "write() waited for the server"
        began_s = time.monotonic()
        sink.close()
        assert time.monotonic() - began_s < ENDS_S
    finally:
        sink.close()
        server.kill()


def test_whip_by_webrtc() -> None:
    server = WhipServer()
    sink = Streamer(
        parse_address(f"whip:http://se%2Fcret@127.0.0.1:{server.port}/room"), 30.0, sound=ClappingMicrophone()
    )
    try:
        feed(sink, lambda: sink.sent >= 40)
        sink.close()
        seen = server.end()
    finally:
        sink.close()
        server.close()
    assert seen["token"] == "Bearer se/cret"
    colours = np.array(seen["colours"])
    assert len(colours) >= 20
    dark = colours[colours.min(axis=1) < 200]
    expected = frame_colours()
    assert np.abs(dark - expected).max() < 45
    assert seen["sounds"] > 20
    assert seen["loudest"] > 0.2


def frame_colours() -> np.ndarray:
    from composites import LEFT, RIGHT

    assert frame_now(0).image.shape == (120, 160, 3)
    return np.array([*LEFT, *RIGHT])
