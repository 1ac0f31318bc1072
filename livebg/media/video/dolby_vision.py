"""Whether a video is Dolby Vision whose colours only Dolby's own decoders know (profile 5: IPTPQc2, no base of HDR10).

Runs in the thread that calls it.
"""

from __future__ import annotations

import io

import av
from av.video.stream import VideoStream

_CODECS = ("hevc", "av1", "h264")
_BOXES = b"dvcC", b"dvvC"


def note_on(stream: VideoStream) -> str:
    """For the user; '' if nothing is lost: profiles 7 and 8 are HDR10, HLG or SDR to all other decoders."""
    record = _record(stream)
    if len(record) < 5 or record[4] >> 4:  # bl_signal_compatibility_id: what the picture is without Dolby's metadata
        return ""
    return (
        f"Dolby Vision profile {record[2] >> 1}: its colours cannot be shown and come out green and purple; "
        "export it as HDR10 or SDR"
    )


def _record(stream: VideoStream) -> bytes:
    """The DOVIDecoderConfigurationRecord of any container; PyAV shows it only in an MP4 header that it writes."""
    header = io.BytesIO()
    options = {"movflags": "empty_moov+frag_keyframe", "strict": "unofficial"}
    if stream.codec_context is None or stream.codec_context.name not in (*_CODECS, "libdav1d"):
        return b""
    try:
        with av.open(header, "w", format="mp4", container_options=options) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return b""
    for box in _BOXES:
        _, found, rest = header.getvalue().partition(box)
        if found:
            return rest[:24]
    return b""
