"""`livebg run` as a whole process while it streams: what arrives, how it ends, and that its key stays secret."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from patience import SLACK, Program, until
from stream_servers import FFmpegServer, HangingServer

ARGUMENTS = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie", "--verbose"]

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows has no such signals"),
]


def test_a_stream_arrives_and_its_key_is_shown_nowhere(tmp_path: Path) -> None:
    server = FFmpegServer("rtmp")
    server.start(tmp_path / "a.mkv")
    try:
        with Program(*ARGUMENTS, "--to", server.address, folder=tmp_path) as livebg:
            livebg.says("stream to rtmp://127.0.0.1: 320x180, H.264 at 300 kbit/s")
            livebg.records(tmp_path / "a.mkv", 0.5, frames=5)
            livebg.signal(signal.SIGINT)
            code, output = livebg.end()
        server.end()
    finally:
        server.kill()
    assert code == 0, livebg.error
    assert "secret" not in livebg.error + output


def test_sigterm_ends_it_while_the_server_hangs(tmp_path: Path) -> None:
    server = HangingServer()
    try:
        with Program(*ARGUMENTS, "--to", f"rtmp://127.0.0.1:{server.port}/live/secret", folder=tmp_path) as livebg:
            until(lambda: bool(server.accepted), "a connection")
            began_s = time.monotonic()
            livebg.signal(signal.SIGTERM)
            code, output = livebg.end()
            took_s = time.monotonic() - began_s
    finally:
        server.close()
    assert code == 0, livebg.error
    assert took_s < 0.6 * SLACK
    assert "secret" not in livebg.error + output
