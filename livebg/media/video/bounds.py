"""What a video must be before it is decoded: no list of other files, and pictures of a size that memory can hold.

For sources and backgrounds alike; a file is untrusted. Knows nothing about what is done with the pictures. Runs in the
thread that calls it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av

LARGEST_PX = 8192 * 4320  # 8K, as H.264 and HEVC go up to level 6.2; a decoder holds several pictures of 53 MB
OPEN_S = (
    20.0  # for opening a local file; a disk that wakes up needs ten. Reading has no limit: a process may be stopped
)
LONGEST_STEP_S = 60.0  # from one picture to the next; more is a file whose clock jumps
# FFmpeg follows their names to other files and places, some of them for ever (50 s for an HLS list that names itself).
_LISTS = (b"#EXTM3U", b"ffconcat", b"v=0", b"[playlist]", b"<?xml", b"<MPD", b"<smil", b"RTSPtext")


def is_list(path: Path) -> bool:
    """Whether a local file names other files or streams instead of holding pictures. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_LISTS)


def bound(stream: av.VideoStream) -> None:
    """To be called before the first decode. Raises ValueError, which says what is amiss, where none may be tried.

    A picture that grows beyond the bound in mid-stream is damage to its decoder.
    """
    context = stream.codec_context
    if context is None:
        raise ValueError("is of a kind that FFmpeg has no decoder for")
    if is_too_large(context.width, context.height):
        raise ValueError(f"is too large: {context.width}x{context.height}, at most 8192x4320")
    context.options = {"max_pixels": str(LARGEST_PX)}


def is_too_large(width: int, height: int) -> bool:
    return width * height > LARGEST_PX
