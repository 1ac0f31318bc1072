"""The requests and structures of V4L2 that livebg uses: those of Linux' linux/videodev2.h on 64-bit x86 and ARM.

One table for cameras and virtual cameras alike. Knows no device; whoever asks the kernel does so by fcntl.ioctl.
"""

from __future__ import annotations

from struct import Struct

CAPTURE, OUTPUT = 1, 2  # V4L2_BUF_TYPE_VIDEO_...: what a device gives, what it takes
DISCRETE = 1  # V4L2_FRMSIZE_TYPE_DISCRETE, V4L2_FRMIVAL_TYPE_DISCRETE

CAPABILITY = Struct("=16s32s32s3I12x")  # driver, name, bus, version, what all nodes can do, what this one can
FORMAT = Struct("=I4x4I184x")  # CAPTURE or OUTPUT; width, height, pixel format, field
FORMAT_NAME = Struct("=2I36x4s16x")  # index, CAPTURE or OUTPUT; pixel format
FRAME_SIZE = Struct("=I4s7I8x")  # index, pixel format; DISCRETE, width, height; or least, most, step of each
FRAME_INTERVAL = Struct("=I4s2II2I24x")  # index, pixel format, width, height; DISCRETE or not, the shortest in seconds
CONTROL = Struct("=Ii")  # which, value
KIND = Struct("=i")  # CAPTURE or OUTPUT
SUBSCRIPTION = Struct("=3I20x")  # type, id, flags
EVENT = Struct("=I4xI124x")  # type, the driver's own word

_READ, _WRITE, _BOTH = 2, 1, 3


def _request(direction: int, number: int, layout: Struct) -> int:
    """_IOR, _IOW or _IOWR('V', number, layout) as on x86 and ARM."""
    return direction << 30 | layout.size << 16 | ord("V") << 8 | number


QUERYCAP = _request(_READ, 0, CAPABILITY)
ENUM_FMT = _request(_BOTH, 2, FORMAT_NAME)
G_FMT = _request(_BOTH, 4, FORMAT)
S_FMT = _request(_BOTH, 5, FORMAT)
STREAMON = _request(_WRITE, 18, KIND)
S_CTRL = _request(_BOTH, 28, CONTROL)
ENUM_FRAMESIZES = _request(_BOTH, 74, FRAME_SIZE)
ENUM_FRAMEINTERVALS = _request(_BOTH, 75, FRAME_INTERVAL)
DQEVENT = _request(_READ, 89, EVENT)
SUBSCRIBE_EVENT = _request(_WRITE, 90, SUBSCRIPTION)
