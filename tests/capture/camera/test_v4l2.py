"""The kernel's answers, read from a fake kernel; the real one answers in end_to_end/test_virtual_machine_camera.py."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livebg.capture.camera import v4l2
from livebg.capture.camera.v4l2 import Mode, describe, is_loopback, why_not

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")

CAPTURES, HAS_DEVICE_CAPS, OUTPUTS = 0x1, 0x80000000, 0x2


def end() -> OSError:
    return OSError(errno.EINVAL, "end of the list")


class Kernel:
    """Answers the ioctls as linux/videodev2.h lays them out."""

    name, capabilities = b"Cam \xc3\xa9", CAPTURES
    formats = (b"MJPG", b"YUYV")
    set_format_fails: OSError | None = None

    def __call__(self, _device: int, request: int, answer: bytearray) -> int:
        number = struct.unpack_from("<I", answer)[0]
        if request == 0x80685600:  # VIDIOC_QUERYCAP
            struct.pack_into(
                "<16s32s32sIII", answer, 0, b"uvc", self.name, b"usb", 6, HAS_DEVICE_CAPS | 7, self.capabilities
            )
        elif request == 0xC0405602:  # VIDIOC_ENUM_FMT
            if number >= len(self.formats):
                raise end()
            answer[44:48] = self.formats[number]
        elif request == 0xC02C564A:  # VIDIOC_ENUM_FRAMESIZES
            if number:
                raise end()
            if answer[4:8] == b"MJPG":
                struct.pack_into("<III", answer, 8, 1, 1280, 720)
            else:
                struct.pack_into("<I6I", answer, 8, 3, 160, 640, 8, 120, 480, 8)
        elif request == 0xC034564B:  # VIDIOC_ENUM_FRAMEINTERVALS
            if number > 1:
                raise end()
            struct.pack_into("<III", answer, 16, 1, 1, (15, 30)[number])
        elif request == 0xC0D05605 and self.set_format_fails:  # VIDIOC_S_FMT
            raise self.set_format_fails
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr(v4l2.fcntl, "ioctl", kernel)
    return kernel


@pytest.fixture
def node(tmp_path: Path) -> str:
    (tmp_path / "video0").touch()
    return str(tmp_path / "video0")


@pytest.mark.usefixtures("kernel")
def test_name_formats_sizes_and_rates(node: str) -> None:
    assert describe(node) == ("Cam é", (Mode("MJPG", 1280, 720, 30.0), Mode("YUYV", 640, 480, 30.0)))


def test_outputs_are_no_cameras(kernel: Kernel, node: str) -> None:
    kernel.capabilities = OUTPUTS
    assert describe(node) is None


def test_no_v4l2_node_at_all(node: str) -> None:
    assert describe(node) is None
    assert "delivers no pictures" in why_not(node)


def test_a_node_that_may_not_be_opened_is_told_by_sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, index in (("video0", "0"), ("video1", "1")):
        about = tmp_path / name
        about.mkdir()
        (about / "name").write_text("Cam\n")
        (about / "index").write_text(f"{index}\n")
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path)
    monkeypatch.setattr(os, "open", refusing(PermissionError(errno.EACCES, "Permission denied")))
    assert describe("/dev/video0") == ("Cam", ())
    assert describe("/dev/video1") is None, "a webcam's metadata node"
    assert describe("/dev/video9") is None


def refusing(failure: OSError) -> Callable[..., int]:
    def refuse(*_: object) -> int:
        raise failure

    return refuse


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (FileNotFoundError(errno.ENOENT, ""), "there is no such device"),
        (PermissionError(errno.EACCES, ""), "add your user to the group 'video'"),
        (OSError(errno.EBUSY, "busy"), "another program is using it"),
        (OSError(errno.ENODEV, "No such device"), "the system says: No such device; unplug it"),
    ],
)
def test_why_it_does_not_open(monkeypatch: pytest.MonkeyPatch, failure: OSError, told: str) -> None:
    monkeypatch.setattr(os, "open", refusing(failure))
    assert told in why_not("/dev/video0")


def test_why_it_opens_but_does_not_stream(kernel: Kernel, node: str) -> None:
    assert why_not(node) == ""
    kernel.set_format_fails = OSError(errno.EBUSY, "busy")
    assert "another program is using it" in why_not(node)


@pytest.mark.parametrize("formats", [(b"BGR4",), (b"422P", b"410P")])
def test_why_a_format_cannot_be_read(kernel: Kernel, node: str, formats: tuple[bytes, ...]) -> None:
    kernel.formats = formats
    told = ", ".join(each.decode() for each in formats)
    assert why_not(node).startswith(f"it gives its pictures as {told}, which cannot be read; set it, or the program")
    kernel.formats = (*formats, b"YUYV")
    assert why_not(node) == ""


def test_a_loopback_is_told_without_opening_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path)
    for name in ("video0", "video20"):
        (tmp_path / name).mkdir()
    (tmp_path / "video20" / "max_openers").touch()
    assert [is_loopback(f"/dev/{name}") for name in ("video0", "video20")] == [False, True]
    assert not is_loopback("")
