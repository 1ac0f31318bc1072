"""The process that encodes and sends one stream: `python -m livebg.sinks.streaming.sender`.

A process of its own, since PyAV connects, and ends a stream, without letting any other Python thread run: a server
that does not answer would stop livebg's loop, its window and Ctrl-C for minutes. Here a watchdog ends the process.
It reads one line of JSON (`Task`), then parts: a head (HEAD), and pictures or sound. It answers in lines of JSON:
{} once it is connected, {"failure": text} before it ends by a failure.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import av
import av.error
import numpy as np

from livebg.core.errors import SinkError, reason_of
from livebg.core.private_files import temporary_folder
from livebg.media.video.formats import stream_form
from livebg.media.video.writer import FAILURES, TimedWriter
from livebg.sinks.streaming.certificate import write_certificate

HEAD = struct.Struct("<cdII")  # PICTURE or SOUND, its time in s, rows, columns: of BGR uint8, or float32 samples
PICTURE, SOUND = b"p", b"s"
GOODBYE_S = 1.0  # to end a stream


@dataclass(frozen=True, slots=True)
class Task:
    """channels: of the stream's sound, 0 for none; one channel of samples fills both. connect_s, send_s: the longest
    time without an answer."""

    scheme: str
    url: str
    host: str
    port: int
    token: str
    bits_per_s: int
    height: int
    width: int
    fps: float
    channels: int
    connect_s: float
    send_s: float


class LiveStream(TimedWriter):
    """Writes to a server. Raises SinkError, whose cause tells why."""

    def __init__(self, task: Task) -> None:
        form = stream_form(task.scheme, task.bits_per_s)
        super().__init__(Path(task.scheme), form, task.height, task.width, task.fps, task.url, task.channels)
        if task.token:
            self._container.container_options["authorization"] = task.token

    def connect(self) -> None:
        """Raises av.FFmpegError, OSError, SinkError."""
        with temporary_folder() as folder:  # its key goes, with the next stream at the latest, if _within() ends us
            if self._form.suffix == "whip":
                self._container.container_options.update(write_certificate(folder))
            self._container.start_encoding()

    def _abandon(self) -> None:
        """There is nothing to take back."""


@contextlib.contextmanager
def _within(limit_s: float) -> Iterator[None]:
    """Ends this process if it takes longer; a thread of the C library does it, which needs no Python."""
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def main() -> int:
    source = sys.stdin.buffer
    task = Task(**json.loads(source.readline()))
    try:
        with _within(task.connect_s):
            stream = _connected(task)
        _answer({})
        for kind, at_s, values in _parts(source):
            with _within(task.send_s):
                if kind == PICTURE:
                    stream.add(values.view(np.uint8), at_s)
                else:
                    stream.add_sound(np.broadcast_to(samples := values.view(np.float32), (len(samples), task.channels)))
        with _within(GOODBYE_S):
            stream.close()
    except (SinkError, *FAILURES) as failure:
        _answer({"failure": _why(failure.__cause__ or failure, task)})
        os._exit(1)  # an end that FFmpeg would send now may hang
    return 0


def _connected(task: Task) -> LiveStream:
    if task.scheme not in ("rtmp", "rtsp") and task.scheme not in av.formats_available:
        raise SinkError(f"the FFmpeg in this PyAV ({av.__version__}) has no {task.scheme.upper()}; use rtmp or rtsp")
    socket.getaddrinfo(task.host, task.port)  # FFmpeg does not tell an unknown name from other failures
    try:
        stream = LiveStream(task)
    except SinkError:
        raise SinkError(f"pictures of {task.width}x{task.height} cannot be encoded; choose another --size") from None
    stream.connect()
    return stream


def _parts(source: IO[bytes]) -> Iterator[tuple[bytes, float, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]]:
    while len(head := source.read(HEAD.size)) == HEAD.size:
        kind, at_s, rows, columns = HEAD.unpack(head)
        shape = (rows, columns, 3) if kind == PICTURE else (rows, columns * 4)
        data = source.read(int(np.prod(shape)))
        if len(data) < np.prod(shape):
            return
        yield kind, at_s, np.frombuffer(data, np.uint8).reshape(shape)


def _answer(answer: dict[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _why(cause: BaseException, task: Task) -> str:
    """Half a sentence without the address."""
    if isinstance(cause, SinkError):
        return str(cause)
    if isinstance(cause, socket.gaierror):
        return f"the host {task.host} is not known"
    if isinstance(cause, ConnectionRefusedError):
        return f"nothing listens on port {task.port} there"
    if isinstance(cause, av.error.ProtocolNotFoundError):
        return f"the FFmpeg in this PyAV ({av.__version__}) lacks the protocol"
    if isinstance(cause, av.error.EOFError | BrokenPipeError | ConnectionResetError) or reason_of(cause).startswith(
        "Input/output"
    ):
        return "the server closed the connection"
    return reason_of(cause).replace(task.url, str(task.host)).lower()


if __name__ == "__main__":
    sys.exit(main())
