"""The table against the numbers and sizes that the C compiler makes of linux/videodev2.h on x86-64 and ARM64."""

from __future__ import annotations

import pytest

from livebg.core import videodev2


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("QUERYCAP", 0x80685600),
        ("ENUM_FMT", 0xC0405602),
        ("G_FMT", 0xC0D05604),
        ("S_FMT", 0xC0D05605),
        ("STREAMON", 0x40045612),
        ("S_CTRL", 0xC008561C),
        ("ENUM_FRAMESIZES", 0xC02C564A),
        ("ENUM_FRAMEINTERVALS", 0xC034564B),
        ("DQEVENT", 0x80885659),
        ("SUBSCRIBE_EVENT", 0x4020565A),
    ],
)
def test_requests_are_the_kernels(name: str, number: int) -> None:
    assert getattr(videodev2, name) == number


def test_fields_lie_where_the_kernel_puts_them() -> None:
    name = bytearray(64)
    name[44:48] = b"MJPG"
    assert videodev2.FORMAT_NAME.unpack(name)[2] == b"MJPG"
    interval = bytearray(52)
    interval[16:28] = b"\1\0\0\0\2\0\0\0\3\0\0\0"
    assert videodev2.FRAME_INTERVAL.unpack(interval)[4:7] == (1, 2, 3)
