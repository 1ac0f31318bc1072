"""One connection to a server: a sender process (sender.py), from its start to its loss or end.

One thread connects and sends; any thread may kill(), which ends its waiting.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from livebg.core.own_module import own_environment, own_module
from livebg.sinks.streaming.address import Address

if TYPE_CHECKING:
    from livebg.core.types import Image
    from livebg.media.audio.types import Samples

CONNECT_S = 10.0
SEND_S = 10.0  # a network that stands still for so long is lost
_LEAVE_S = 1.5  # for the process to end by itself


class Lost(Exception):
    """The connection cannot be made, or has broken off. The text says why, without the address."""


class Connection:
    """bits_per_s, height, width (px), fps, channels (0: no sound): of the stream. Connects with connect()."""

    def __init__(
        self, address: Address, bits_per_s: int, height: int, width: int, fps: float, channels: int,
        connect_s: float = CONNECT_S, send_s: float = SEND_S,
    ) -> None:  # fmt: skip
        from livebg.sinks.streaming.sender import Task

        if channels and address.scheme == "whip":
            channels = 2  # WebRTC's Opus is stereo
        self._task = Task(
            **asdict(address), bits_per_s=bits_per_s, height=height, width=width, fps=fps, channels=channels,
            connect_s=connect_s, send_s=send_s,
        )  # fmt: skip
        self._lock = threading.Lock()  # between start and kill
        self._process: subprocess.Popen[bytes] | None = None
        self._is_killed = self._is_connected = False

    def connect(self) -> None:
        """Waits until the server takes the stream. Raises Lost."""
        with self._lock:
            if self._is_killed:
                raise Lost("ended")
            # In a session of its own, so that Ctrl-C reaches only this process, which then ends that one.
            self._process = subprocess.Popen(
                own_module("livebg.sinks.streaming.sender"), env=own_environment(),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._write(json.dumps(asdict(self._task)).encode() + b"\n")
        self._answer()
        self._is_connected = True

    def picture(self, picture: Image, at_s: float) -> None:
        """BGR uint8 (H, W, 3). Waits while the network is slow. Raises Lost."""
        from livebg.sinks.streaming.sender import HEAD, PICTURE

        height, width = picture.shape[:2]
        self._write(HEAD.pack(PICTURE, at_s, height, width), np.ascontiguousarray(picture).data.cast("B"))

    def sound(self, samples: Samples) -> None:
        """float32 (n, channels) at RATE_HZ; continues where the last ended, the first at 0. Raises Lost."""
        from livebg.sinks.streaming.sender import HEAD, SOUND

        if samples.size:
            data = np.ascontiguousarray(samples, np.float32)
            self._write(HEAD.pack(SOUND, 0.0, *data.shape), data.data.cast("B"))

    def close(self) -> None:
        """Ends the stream and the process, within about two seconds. May be called twice."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def kill(self) -> None:
        """Ends the process at once."""
        with self._lock:
            self._is_killed = True
            if self._process is not None:
                self._process.kill()

    def _write(self, *pieces: bytes | memoryview) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            for piece in pieces:
                self._process.stdin.write(piece)
            self._process.stdin.flush()
        except OSError:
            self._answer()
            raise Lost("it ended") from None

    def _answer(self) -> None:
        """Raises Lost, unless the process says that it is connected."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            if self._process.wait() < 0:
                raise Lost(f"the sending process was ended by signal {-self._process.returncode}")
            limit_s = self._task.send_s if self._is_connected else self._task.connect_s
            raise Lost(f"the server does not answer (tried for {limit_s:g} s)")
        answer = json.loads(line)
        if "failure" in answer:
            raise Lost(answer["failure"])
