"""A microphone while it is recorded: blocks of sound with the moment at which they were heard, to every listener.

PortAudio calls from a thread of its own, which only stamps and hands over. A microphone that falls silent for good is
said once; the recordings go on. Knows nothing about frames or files.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np

from livebg.capture.microphones import find_microphone, portaudio
from livebg.core.errors import SourceError
from livebg.media.audio.types import Sound, SoundFeed, SoundInfo

log = logging.getLogger(__name__)

USUAL_HZ = 48_000
MOST_CHANNELS = 2
BLOCK_S = 0.02
LONGEST_AGE_S = 1.0  # systems that do not know a block's age say 0, or seconds since the start of the world
LOST_S = 2.0


class Listening:
    """A SoundSource over one microphone, heard from now on. Raises SourceError where it cannot be opened."""

    def __init__(self, wanted: str) -> None:
        library, device = portaudio(), find_microphone(wanted)
        channels = min(MOST_CHANNELS, device.channels)
        rate_hz = _rate(library, device.index, channels, device.rate_hz)
        self.info = SoundInfo(device.name, rate_hz, channels)
        self._feeds: tuple[SoundFeed, ...] = ()
        self._heard_at_s, self._is_lost = time.monotonic(), False
        self._latency_s = 0.0
        self._age_s: float | None = None
        self._is_age_told = False
        try:
            self._stream = library.InputStream(
                device=device.index,
                samplerate=rate_hz,
                channels=channels,
                dtype="float32",
                blocksize=round(BLOCK_S * rate_hz),
                callback=self._hear,
            )
            self._latency_s = float(self._stream.latency)
            self._stream.start()
        except (library.PortAudioError, ValueError) as cause:
            raise SourceError(
                f"microphone {device.name} cannot be opened: {cause}; is it in use elsewhere, or not allowed to this "
                "program? 'livebg devices' lists microphones"
            ) from cause
        log.info(
            "microphone: %s, %d Hz, %s, input latency %.0f ms: it is recorded",
            *(device.name, rate_hz, "mono" if channels == 1 else "stereo", 1000 * self._latency_s),
        )

    def listen(self) -> SoundFeed:
        feed = SoundFeed(self._look)
        self._feeds = (*self._feeds, feed)
        return feed

    def _hear(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's thread. The two clocks meet here: how old the block is by PortAudio's, now by ours."""
        now_s, block_s = time.monotonic(), frames / self.info.rate_hz
        age_s = times.currentTime - times.inputBufferAdcTime
        if not block_s <= age_s <= LONGEST_AGE_S:  # the first sample is as old as the block is long, at least
            age_s = max(block_s, min(self._latency_s, LONGEST_AGE_S))
        sound = Sound(np.array(data, np.float32), now_s - age_s, age_s, bool(status.input_overflow))
        self._heard_at_s, self._age_s = now_s, age_s
        for feed in self._feeds:
            feed.put(sound)

    def _look(self) -> None:
        """A listener's thread."""
        if self._age_s is not None and not self._is_age_told:
            self._is_age_told = True
            log.info(
                "microphone %s: its sound comes %.0f ms after it was heard: it is set so much earlier, to the camera's "
                "pictures (--mic-delay moves it)",
                *(self.info.name, 1000 * self._age_s),
            )
        is_lost = time.monotonic() - self._heard_at_s > LOST_S
        if is_lost != self._is_lost:
            self._is_lost = is_lost
            if is_lost:
                log.warning("microphone %s is lost: silence is recorded until it is heard again", self.info.name)
            else:
                log.warning("microphone %s is heard again", self.info.name)

    def close(self) -> None:
        self._stream.close()


def _rate(library: Any, index: int, channels: int, own_hz: int) -> int:
    """48 kHz where the device can, as every sound codec likes it; else its own."""
    try:
        library.check_input_settings(device=index, channels=channels, dtype="float32", samplerate=USUAL_HZ)
    except (library.PortAudioError, ValueError):
        return own_hz
    return USUAL_HZ
