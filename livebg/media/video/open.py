"""Opens a video file or stream with PyAV: its best video track, or one clear sentence why there is none.

For every reader: sources, films, backgrounds. A file is untrusted: livebg opens no other file or place that it names,
and only pictures of a size that memory can hold. Decodes nothing. Runs in the thread that calls it.
"""

from __future__ import annotations

import errno
from pathlib import Path
from urllib.parse import urlsplit

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition

from livebg.core.errors import SourceError, reason_of

OPEN_FILE_S = 20.0  # a disk that wakes up needs ten. Reading has no limit: the system may suspend a process
OPEN_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 2.5  # nothing can interrupt a read, so this is also the longest time that closing a stream may take
# livebg shows what FFmpeg reads to analyse a stream late, so it lets FFmpeg read no more than necessary. FFmpeg's own
# `nobuffer` would drop it, and with it the only whole picture in some seconds. UDP, its first choice for RTSP, is lost
# behind most routers.
STREAM_OPTIONS = {"analyzeduration": "500000", "fpsprobesize": "0", "rtsp_flags": "prefer_tcp"}
RATES_FPS = (0.01, 1000.0)  # other values in a header are no rate
LARGEST_PX = 8192 * 4320  # 8K, the limit of H.264 and HEVC at level 6.2; a decoder holds several pictures of 53 MB
LONGEST_STEP_S = 60.0  # from one picture to the next; more means that the file's clock jumps
# FFmpeg follows their names to other files and places, sometimes for ever (50 s for an HLS list that names itself).
_LISTS = (b"#EXTM3U", b"ffconcat", b"v=0", b"[playlist]", b"<?xml", b"<MPD", b"<smil", b"RTSPtext")
_NO_VIDEO = frozenset({"tty", "lrc", "srt", "ass", "webvtt"})  # FFmpeg plays any .txt file as a film of letters
_NUMBERED = "image2"  # reads a % in a name as a number, and plays the files with such numbers


def name_of(place: str) -> str:
    """The last part of a path, or a URL without its user, password and query: safe to show and log."""
    if "://" not in place:
        return place.replace("\\", "/").rsplit("/", 1)[-1]
    try:
        parts = urlsplit(place)
    except ValueError:  # half an IPv6 address
        return f"{place.split('://')[0]}://..."
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}{parts.path}"


def open_media(place: str, name: str, is_stream: bool) -> InputContainer:
    """The container at a path or URL. Raises SourceError."""
    limit_s = OPEN_TIMEOUT_S if is_stream else OPEN_FILE_S
    try:
        if is_stream:
            container = av.open(
                place, options=STREAM_OPTIONS, metadata_errors="replace", timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)
            )
        else:
            _refuse_what_is_no_video(Path(place), name)
            container = open_file(Path(place))
    except av.error.ProtocolNotFoundError as cause:
        scheme = place.split("://")[0]
        raise SourceError(
            f"{name} cannot be opened: {scheme}:// is not supported; try http, https, rtsp or rtmp"
        ) from cause
    except PermissionError as cause:
        raise SourceError(f"{name} may not be read: {cause.strerror}; check the file's permissions") from None
    except (av.error.FFmpegError, OSError) as cause:
        what = f"stream {name}" if is_stream else f"{name}: not a video or picture that can be read"
        hint = "check the address and the network" if is_stream else "play it in a video player, or try another file"
        text = f"nothing came within {limit_s:g} s" if isinstance(cause, av.error.ExitError) else lower_reason(cause)
        if is_stream and (isinstance(cause, av.error.InvalidDataError | av.error.EOFError) or cause.errno == errno.EIO):
            text, hint = "no video or picture comes from there", "open the address in a browser: it may be a web page"
        raise SourceError(f"{what} ({text}); {hint}") from None  # the cause repeats the address, password included
    form = container.format.name
    if form in _NO_VIDEO or (form == _NUMBERED and not is_stream):
        container.close()
        is_text = form in _NO_VIDEO
        seen = "is a text, not a video or picture" if is_text else "is no video, and no picture that can be used here"
        raise SourceError(f"{name} {seen}; try another file")
    return container


def open_file(path: Path) -> InputContainer:
    """Opens this file alone, for reading: a name with a colon is a file, too; does not follow names in the file.

    Raises av.FFmpegError, OSError.
    """
    options = {"protocol_whitelist": "file"}
    return av.open(f"file:{path}", options=options, metadata_errors="replace", timeout=(OPEN_FILE_S, None))


def best_stream(container: InputContainer, name: str) -> av.VideoStream:
    """The video track to decode. Raises SourceError if there is none, or none that livebg may decode."""
    # A song's cover picture is a video stream of one frame.
    streams = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    if not streams:
        others = ", ".join(sorted({each.type for each in container.streams if each.type != "video"}))
        raise SourceError(f"{name} holds no video{f' (only {others})' if others else ''}; try another file")
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    assert isinstance(stream, av.VideoStream)
    context = stream.codec_context
    if context is None:
        raise SourceError(f"{name} is of a kind that FFmpeg has no decoder for; try another file")
    if is_too_large(context.width, context.height):
        raise SourceError(f"{name} is too large: {context.width}x{context.height}, at most 8192x4320; try another file")
    context.options = {"max_pixels": str(LARGEST_PX)}  # if pictures grow later, the decoder treats that as damage
    return stream


def size_of(path: Path, name: str) -> tuple[int, int]:
    """(width, height) of a video as its header says, px. Raises SourceError."""
    with open_media(str(path), name, is_stream=False) as container:
        stream = best_stream(container, name)
        if not stream.width or not stream.height:
            raise SourceError(f"{name} tells no size; try another file")
        return stream.width, stream.height


def is_too_large(width: int, height: int) -> bool:
    return width * height > LARGEST_PX


def rate_of(stream: av.VideoStream) -> float:
    """The average rate by the header, 0 if that is no rate."""
    rate = float(stream.average_rate or 0)
    return rate if RATES_FPS[0] <= rate <= RATES_FPS[1] else 0.0


def length_s(container: InputContainer, stream: av.VideoStream) -> float:
    """The length by the header, 0 if it gives none for the video."""
    if container.format.name == "avi" and rate_of(stream):  # FFmpeg guesses an AVI's duration from what is left of it
        return stream.frames / rate_of(stream)
    length_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    if not length_s and container.duration and len(container.streams) == 1:
        length_s = container.duration / av.time_base
    return length_s


def lower_reason(cause: Exception) -> str:
    return reason_of(cause).lower()


def why_it_broke(cause: av.error.FFmpegError) -> str:
    """What happened to a stream that was readable till now: half a sentence."""
    if isinstance(cause, av.error.ExitError):
        return f"nothing came for {READ_TIMEOUT_S:g} s"
    if isinstance(cause, av.error.EOFError):
        return "the other side ended it"
    if cause.errno in (errno.EIO, errno.ECONNRESET, errno.EPIPE):  # FFmpeg also uses EIO for an end within a picture
        return "the connection broke off"
    return lower_reason(cause)


def _refuse_what_is_no_video(path: Path, name: str) -> None:
    """Raises SourceError for faults that the file alone shows, OSError if it cannot be read."""
    if path.is_dir():
        raise SourceError(f"{name} is a folder, not a video or picture; give one of the files in it")
    if not path.exists():
        raise SourceError(f"{name} does not exist; check the name")
    if not path.is_file():  # reading a pipe would wait for its writer
        raise SourceError(f"{name} is no plain file and may have no end; give a video or picture file")
    if _is_list(path):
        raise SourceError(f"{name} names other files or streams; give one of those, by its path or address")
    if path.stat().st_size == 0:
        raise SourceError(f"{name} is empty (0 bytes), as a copy that was broken off leaves it; try another file")


def _is_list(path: Path) -> bool:
    """Whether a local file names other files or streams instead of holding pictures. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_LISTS)
