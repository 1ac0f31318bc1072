"""A moving picture's own transparency: a decoder that gives it, and pixels laid on the neutral tone as a still's are.

Knows nothing about time or files. Runs in the thread that decodes.
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import cv2
import numpy as np
from av.codec import Codec
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from livebg.core.types import Image
from livebg.media.image.read import NEUTRAL

DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # FFmpeg's own, which it would take, pass the alpha over


def frames_of(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decoded from where the container stands, with alpha where the stream says that it has some."""
    name = DECODERS.get(stream.codec_context.name if stream.codec_context else "")
    if name is None or not is_told(stream) or name not in av.codecs_available:
        return container.decode(stream)
    return _decoded(container, stream, Codec(name, "r"))


def is_told(stream: VideoStream) -> bool:
    """Whether the file says that its VP8 or VP9 has alpha, which only the decoders above give."""
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    return tags.get("alpha_mode") == "1"


def _decoded(container: InputContainer, stream: VideoStream, codec: Codec) -> Iterator[VideoFrame]:
    own, decoder = stream.codec_context, av.CodecContext.create(codec)
    assert isinstance(decoder, VideoCodecContext)
    assert own is not None
    decoder.extradata, decoder.options, decoder.thread_type = own.extradata, own.options, "AUTO"
    for packet in container.demux(stream):
        yield from decoder.decode(packet if packet.size else None)


def has_alpha(frame: VideoFrame) -> bool:
    return any(part.is_alpha for part in frame.format.components)


def on_neutral(colours: Image, alpha: Image) -> Image:
    """BGR uint8 (H, W, 3), alpha uint8 (H, W): what is transparent becomes a neutral dark tone."""
    if alpha.min() == 255:
        return colours
    shares = cv2.merge([alpha] * 3)
    below = np.full_like(colours, NEUTRAL[::-1])
    over = cv2.multiply(colours, shares, scale=1 / 255)
    return np.asarray(cv2.add(over, cv2.multiply(below, cv2.bitwise_not(shares), scale=1 / 255)), np.uint8)
