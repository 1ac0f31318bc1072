"""How livebg and the holder of its PipeWire camera talk: JSON packets over a Unix socket, pictures through memory.

The first packet of each side has `protocol` and `version` in every version of livebg; the rest belongs to a protocol.
livebg: hello (width, height, fps), then `memory` with its handle, then `card` and `frame` (a slot's number).
The holder: its answer (width, height; or `refused` and `readers`), then `free` (slots) and `status`.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import socket
from typing import Any

PROTOCOL = 1
CARD, SLOTS = 0, (1, 2, 3, 4)  # the memory's pictures: the standby card, and those for composites
SOCKET, LOCK, LOG = "camera.socket", "camera.lock", "camera.log"  # in the user's runtime folder

_LONGEST_PACKET, _LARGEST_PICTURE = 1 << 16, 8192 * 8192 * 3 // 2


class Gone(Exception):
    """The other side has closed the connection, or does not speak this protocol."""


class Channel:
    """One side's end of the socket. Nothing waits, but receive() for timeout_s."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        connected.settimeout(0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, handle: int | None = None, **message: Any) -> None:
        """One packet, with a file handle if one is given. Raises Gone, also where the other side takes none."""
        try:
            handles = [] if handle is None else [handle]
            socket.send_fds(self._socket, [json.dumps(message).encode()], handles, socket.MSG_NOSIGNAL)
        except OSError as cause:
            raise Gone(cause.strerror or str(cause)) from cause

    def receive(self, timeout_s: float = 0.0) -> tuple[dict[str, Any], int | None] | None:
        """The next packet and its handle, which the caller closes; None if none came in time. Raises Gone."""
        self._socket.settimeout(timeout_s)
        try:
            packet, handles, _flags, _address = socket.recv_fds(
                self._socket, _LONGEST_PACKET, 1, socket.MSG_CMSG_CLOEXEC
            )
        except (BlockingIOError, TimeoutError):
            return None
        except OSError as cause:
            raise Gone(cause.strerror or str(cause)) from cause
        finally:
            self._socket.settimeout(0)
        if not packet:
            raise Gone("it has closed the connection")
        try:
            message = json.loads(packet)
        except ValueError as cause:
            raise Gone("it does not speak livebg's protocol") from cause
        if not isinstance(message, dict):
            raise Gone("it does not speak livebg's protocol")
        return message, (handles[0] if handles else None)

    def close(self) -> None:
        self._socket.close()


class FrameMemory:
    """Pictures of `size` bytes in memory that livebg and the holder share; by number: CARD and SLOTS.

    handle: of the memory, which close() closes; None makes new memory. Raises OSError.
    """

    def __init__(self, size: int, handle: int | None = None) -> None:
        total = size * (1 + len(SLOTS))
        is_new = handle is None
        self.size, self.handle = size, os.memfd_create("livebg", os.MFD_ALLOW_SEALING) if handle is None else handle
        try:
            if not 0 < size <= _LARGEST_PICTURE:
                raise OSError(22, f"no picture has {size} bytes")
            if is_new:
                os.ftruncate(self.handle, total)
                fcntl.fcntl(self.handle, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            elif os.fstat(self.handle).st_size < total or not self._is_sealed():
                raise OSError(22, "the memory is too small, or could become so")
            self._map = mmap.mmap(self.handle, total)
        except BaseException:
            os.close(self.handle)
            raise
        self._view = memoryview(self._map)

    def _is_sealed(self) -> bool:
        return bool(fcntl.fcntl(self.handle, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK)

    def picture(self, number: int) -> memoryview:
        """uint8, `size` bytes, writeable."""
        return self._view[number * self.size : (number + 1) * self.size]

    def close(self) -> None:
        """May be called twice. An array that still shows the memory keeps it until it goes."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
            with contextlib.suppress(BufferError):
                self._view.release()
                self._map.close()
