"""The Linux backend against a kernel that is played; end_to_end/test_virtual_machine_output.py has the real one."""

from __future__ import annotations

import errno
import os
import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("v4l2loopback is Linux'", allow_module_level=True)

import fcntl

from patience import HANGS_S

from livebg.sinks.virtual_camera.v4l2loopback import LoopbackBackend

OUTPUT, CAPTURE = 0x2, 0x1
QUERYCAP, S_FMT, STREAMON, S_CTRL = 0x80685600, 0xC0D05605, 0x40045612, 0xC008561C


class Kernel:
    """Answers ioctl as v4l2loopback does; `stuck` devices announce OUTPUT only after a STREAMON."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.driver = b"v4l2 loopback"
        self.capabilities = OUTPUT
        self.is_curable = True
        self.calls: list[int] = []
        self.format: tuple[int, ...] = ()
        self.format_error: OSError | None = None
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def ioctl(self, _: int, request: int, data: bytes) -> bytes:
        self.calls.append(request)
        if request == QUERYCAP:
            assert len(data) == 104
            return struct.pack("=16s32s32s3I12x", self.driver, b"livebg", b"bus", 0, 0x85200003, self.capabilities)
        if request == STREAMON:
            assert data == struct.pack("=i", 2)
            self.capabilities |= OUTPUT if self.is_curable else 0
            raise OSError(errno.EINVAL, "Invalid argument")
        if request == S_FMT and self.format_error is not None:
            raise self.format_error
        if request == S_FMT:
            assert len(data) == 208
            self.format = struct.unpack_from("=I4x4I", data)
        elif request == S_CTRL:
            assert data == struct.pack("=Ii", 0x0098F901, 1)
            raise OSError(errno.ENOTTY, "old driver")
        return data


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


@pytest.fixture
def device(tmp_path: Path) -> str:
    path = tmp_path / "video20"
    path.touch()
    return str(path)


def opened(device: str) -> LoopbackBackend:
    return LoopbackBackend(width=8, height=4, fps=30.0, fourcc=7, device=device)


def test_asks_for_i420_and_writes_what_it_is_given(kernel: Kernel, device: str) -> None:
    backend = opened(device)
    assert kernel.format == (2, 8, 4, int.from_bytes(b"YU12", "little"), 1)
    assert STREAMON not in kernel.calls
    assert (backend.device(), backend.native_fourcc()) == (device, 7)
    backend.send(np.arange(48, dtype=np.uint8))
    backend.close()
    assert Path(device).read_bytes() == bytes(range(48))


@pytest.mark.parametrize("left_over", [0, CAPTURE], ids=["writer gone", "writer gone, reader stayed"])
def test_a_device_that_had_a_writer_is_made_ready(kernel: Kernel, device: str, left_over: int) -> None:
    kernel.capabilities = left_over
    backend = opened(device)
    backend.close()
    assert kernel.calls.index(STREAMON) < kernel.calls.index(S_FMT)


def test_one_writer_per_device(kernel: Kernel, device: str) -> None:
    first = opened(device)
    with pytest.raises(RuntimeError, match="another livebg has it; end the other program"):
        opened(device)
    first.close()
    opened(device).close()
    kernel.is_curable, kernel.capabilities = False, CAPTURE
    with pytest.raises(RuntimeError, match="takes no frames; end the other program"):
        opened(device)


def test_the_lock_of_a_livebg_that_was_just_killed_is_waited_for(kernel: Kernel, device: str) -> None:
    holder = opened(device)
    letting_go = threading.Timer(0.1, holder.close)
    letting_go.start()
    LoopbackBackend(width=8, height=4, fps=30.0, fourcc=7, device=device, patience_s=HANGS_S).close()
    letting_go.join()
    assert kernel.format


def test_refusals_say_what_to_do_and_leave_nothing_open(
    kernel: Kernel, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(RuntimeError, match=r"No such file.*load v4l2loopback again"):
        opened(device + "1")
    kernel.format_error = OSError(errno.EINVAL, "Invalid argument")
    with pytest.raises(RuntimeError, match="Invalid argument; end the programs"):
        opened(device)
    kernel.driver = b"uvcvideo"
    with pytest.raises(RuntimeError, match="driven by uvcvideo, not v4l2loopback"):
        opened(device)
    assert len(os.listdir("/proc/self/fd")) == before

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(RuntimeError, match=r"Permission denied.*usermod -aG video"):
        opened(device)


def test_write_errors_are_raised(kernel: Kernel, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernel.calls == []
    backend = opened(device)
    monkeypatch.setattr(os, "write", lambda *_: 40)
    with pytest.raises(RuntimeError, match="took 40 of 48 bytes, its size has changed"):
        backend.send(np.zeros(48, np.uint8))
    backend.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_the_kernels_own_error_reaches_the_caller(kernel: Kernel) -> None:
    backend = opened("/dev/full")
    with pytest.raises(RuntimeError, match="No space left on device"):
        backend.send(np.zeros(48, np.uint8))
    backend.close()
    assert kernel.format
