"""The sound encoder of one video file: samples in, packets out. Knows nothing about clocks."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from livebg.media.audio.types import Samples

RATE_HZ = 48_000  # of every recording: the one rate that all codecs accept

_BIT_RATE = {"aac": 96_000, "libopus": 64_000}  # a second and channel; speech is clear from half of it on


class SoundStream:
    """Adds a stream to the container; its header must not be written yet."""

    def __init__(self, container: av.container.OutputContainer, codec: str, channels: int) -> None:
        self._layout = "mono" if channels == 1 else "stereo"
        stream = container.add_stream(codec, rate=RATE_HZ, layout=self._layout)
        assert isinstance(stream, av.AudioStream)
        self._stream = stream
        if codec in _BIT_RATE:
            stream.codec_context.bit_rate = _BIT_RATE[codec] * channels
        # AAC begins with an empty packet before time 0. A file that is written in pieces cannot say "skip it": all
        # pictures would move by its 21 ms. Without it the first 21 ms of sound fade in.
        self._first_pts = 0 if codec == "aac" else None
        self._written = 0

    def encode(self, samples: Samples | None) -> list[av.Packet[av.AudioStream]]:
        """samples: float32 (n, channels) in -1..1, directly after the last ones; None drains the encoder."""
        if samples is None:
            packets = self._stream.encode(None)
        else:
            packed = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._written, Fraction(1, RATE_HZ)
            self._written += len(samples)
            packets = self._stream.encode(frame)
        first = self._first_pts
        return packets if first is None else [each for each in packets if each.pts is None or each.pts >= first]
