"""v4l2loopback as a backend of pyvirtualcam, in place of its own one on Linux, which hides failures.

pyvirtualcam's own backend prints write errors to stderr instead of raising them, does not notice a short write (the
device has another size), and refuses a v4l2loopback 0.12 that had a writer before. The calls are the same: open, S_FMT,
write. Numbers and structures: core/videodev2.py.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import errno
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from livebg.core import videodev2
from livebg.core.types import Image

log = logging.getLogger(__name__)

BACKEND = "livebg-v4l2loopback"

_CAN_OUTPUT = 0x2
_FIELD_NONE = 1
_SUSTAIN_FRAMERATE = 0x0098F901  # a control of v4l2loopback's own
_LOCK_POLL_S = 0.02


_NEXT = {
    errno.EACCES: "you may not use it; join its group and log in again: sudo usermod -aG video $USER",
    errno.EBUSY: "end the other program that writes to it, or load v4l2loopback with one more device",
    errno.ENOENT: "it has gone; load v4l2loopback again",
    errno.ENODEV: "it has gone; load v4l2loopback again",
}


@contextmanager
def _explained() -> Iterator[None]:
    """OSError → RuntimeError that also says what to do, since pyvirtualcam passes on only the text."""
    try:
        yield
    except OSError as cause:
        following = _NEXT.get(cause.errno or 0, "end the programs that use it and start again")
        raise RuntimeError(f"{cause.strerror}; {following}") from cause


class LoopbackBackend:
    """Writes I420 frames to one device. Opening and sending raise RuntimeError with the cause and what to do.

    patience_s: how long opening waits for another livebg to let go of the device.
    """

    def __init__(
        self, *, width: int, height: int, fps: float, fourcc: int, device: str, patience_s: float = 0.0, **_: Any
    ) -> None:
        del fps  # pyvirtualcam's own backend sets none either: readers see 30
        self._device, self._fourcc = device, fourcc
        with _explained():
            self._handle = os.open(device, os.O_WRONLY)
            try:
                _lock(self._handle, patience_s)
                _make_ready(device)
                code = int.from_bytes(b"YU12", "little")
                wanted = videodev2.FORMAT.pack(videodev2.OUTPUT, width, height, code, _FIELD_NONE)
                fcntl.ioctl(self._handle, videodev2.S_FMT, wanted)
            except BaseException:
                os.close(self._handle)
                raise
        self._sustain()

    def _sustain(self) -> None:
        """Makes the kernel repeat our last frame while none comes: Chromium gives up a camera that is silent for 10 s.

        v4l2loopback 0.12 goes on with it after a kill of this process, until the next one takes over.
        """
        try:
            fcntl.ioctl(self._handle, videodev2.S_CTRL, videodev2.CONTROL.pack(_SUSTAIN_FRAMERATE, 1))
        except OSError as cause:
            log.debug("%s: no sustain_framerate: %s", self._device, cause)

    def send(self, frame: Image) -> None:
        """Writes one I420 frame, uint8 (H * 3/2 * W,). Raises RuntimeError."""
        with _explained():
            written = os.write(self._handle, frame.data)
            if written != frame.size:
                raise OSError(errno.EIO, f"the device took {written} of {frame.size} bytes, its size has changed")

    def close(self) -> None:
        os.close(self._handle)

    def device(self) -> str:
        return self._device

    def native_fourcc(self) -> int:
        return self._fourcc


def _lock(handle: int, patience_s: float) -> None:
    """One livebg per device: v4l2loopback 0.12 lets two writers in, and their frames would alternate.

    The lock of a livebg that was just killed can outlive it for a moment: a process that it was about to start has the
    same handle until it runs its own program.
    """
    ends_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as cause:
            if time.monotonic() >= ends_s:
                raise OSError(errno.EBUSY, "another livebg has it") from cause
        time.sleep(_LOCK_POLL_S)


def _make_ready(device: str) -> None:
    """Makes the device accept a writer; raises OSError if it does not.

    With exclusive_caps=1, v4l2loopback 0.12 no longer announces an output once its first writer has gone. A handle that
    requested STREAMON counts as a writer, and closing it restores the output; the request itself may fail. Later
    versions restore it themselves.
    """
    if _capabilities(device) & _CAN_OUTPUT:
        return
    handle = os.open(device, os.O_RDWR)
    try:
        fcntl.ioctl(handle, videodev2.STREAMON, videodev2.KIND.pack(videodev2.OUTPUT))
    except OSError as cause:
        log.debug("%s: reset: %s", device, cause)
    finally:
        os.close(handle)
    if not _capabilities(device) & _CAN_OUTPUT:
        raise OSError(errno.EBUSY, "it takes no frames")


def _capabilities(device: str) -> int:
    handle = os.open(device, os.O_RDWR)
    try:
        answer = fcntl.ioctl(handle, videodev2.QUERYCAP, bytes(videodev2.CAPABILITY.size))
    finally:
        os.close(handle)
    driver, _card, _bus, _version, _driver_wide, capabilities = videodev2.CAPABILITY.unpack(answer)
    if driver.rstrip(b"\0") != b"v4l2 loopback":
        raise OSError(
            errno.ENODEV, f"is driven by {driver.rstrip(bytes(1)).decode(errors='replace')}, not v4l2loopback"
        )
    return int(capabilities)
