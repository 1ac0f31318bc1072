"""Lists microphones, and captures blocks of sound with the time at which they were heard.

Only this file loads PortAudio (sounddevice), and only when the user wants a microphone. PortAudio calls from a thread
of its own, which only stamps each block and passes it to every listener. When a microphone falls silent for good,
livebg logs it once, and the recordings go on.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from livebg.core.errors import SourceError
from livebg.media.audio.types import SoundBlock, SoundFeed, SoundInfo

log = logging.getLogger(__name__)

USUAL_HZ = 48_000
MOST_CHANNELS = 2
BLOCK_S = 0.02
LONGEST_AGE_S = 1.0  # systems that do not know a block's age give 0, or a time since some start
LOST_S = 2.0
LEVEL_BLOCKS = 10  # 0.2 s
SILENT_DB = -120.0
_WITHOUT_LIBRARY = {
    "linux": "sudo apt install libportaudio2 (Fedora: sudo dnf install portaudio)",
    "darwin": "pip install --force-reinstall sounddevice",
    "win32": "pip install --force-reinstall sounddevice",
}


class MicrophoneSource:
    """A SoundSource: one microphone, heard from now on. Raises SourceError where it cannot be opened.

    clock: seconds, the one that stamps the camera's frames. is_muted: while it returns True, blocks are silent; called
    in PortAudio's thread.
    """

    def __init__(
        self,
        wanted: str,
        clock: Callable[[], float] = time.monotonic,
        is_muted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock, self._is_muted, self._muted_until_s = clock, is_muted, float("-inf")
        library, device = portaudio(), find_microphone(wanted)
        channels = min(MOST_CHANNELS, device.channels)
        rate_hz = _rate(library, device.index, channels, device.rate_hz)
        self.info = SoundInfo(device.name, rate_hz, channels)
        self._feeds: tuple[SoundFeed, ...] = ()
        self._heard_at_s, self._is_lost = clock(), False
        self._powers = deque[float](maxlen=LEVEL_BLOCKS)
        self._latency_s = 0.0
        self._age_s: float | None = None
        self._is_age_logged = False
        try:
            with ExitStack() as unusable:
                self._stream = library.InputStream(
                    device=device.index,
                    samplerate=rate_hz,
                    channels=channels,
                    dtype="float32",
                    blocksize=round(BLOCK_S * rate_hz),
                    callback=self._hear,
                )
                unusable.callback(self._stream.close)
                self._latency_s = float(self._stream.latency)
                self._stream.start()
                unusable.pop_all()
        except (library.PortAudioError, ValueError) as cause:
            raise SourceError(
                f"microphone {device.name} cannot be opened: {cause}; is it in use elsewhere, or not allowed to this "
                "program? 'livebg devices' lists microphones"
            ) from cause
        log.info(
            "microphone: recording %s, %d Hz, %s, input latency %.0f ms",
            *(device.name, rate_hz, "mono" if channels == 1 else "stereo", 1000 * self._latency_s),
        )

    def listen(self) -> SoundFeed:
        feed = SoundFeed(self._look)
        self._feeds = (*(each for each in self._feeds if not each.is_closed), feed)
        return feed

    def level_db(self) -> float:
        """How loud the last 0.2 s were, dBFS: 0 for a square wave at full scale, SILENT_DB for silence. Any thread."""
        powers = list(self._powers)
        if not powers or self._clock() - self._heard_at_s > LOST_S:
            return SILENT_DB
        return 10 * math.log10(max(sum(powers) / len(powers), 10 ** (SILENT_DB / 10)))

    def _hear(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's thread. Converts times: the block's age by PortAudio's clock, subtracted from now by ours."""
        now_s, block_s = self._clock(), frames / self.info.rate_hz
        age_s = times.currentTime - times.inputBufferAdcTime
        if not block_s <= age_s <= LONGEST_AGE_S:  # the first sample is as old as the block is long, at least
            age_s = max(block_s, min(self._latency_s, LONGEST_AGE_S))
        samples = np.array(data, np.float32)
        if self._is_muted():
            self._muted_until_s = now_s
        if now_s - age_s <= self._muted_until_s:  # what was heard while it was muted is silent, however late it comes
            samples.fill(0)
        sound = SoundBlock(samples, now_s - age_s, age_s, bool(status.input_overflow))
        self._heard_at_s, self._age_s = now_s, age_s
        self._powers.append(float(np.mean(np.square(samples))))
        for feed in self._feeds:
            if not feed.is_closed:
                feed.put(sound)

    def _look(self) -> None:
        """Runs in a listener's thread."""
        if self._age_s is not None and not self._is_age_logged:
            self._is_age_logged = True
            log.info(
                "microphone %s: its sound arrives %.0f ms late; livebg moves it earlier, to match the camera's "
                "pictures (--mic-delay adjusts this)",
                *(self.info.name, 1000 * self._age_s),
            )
        is_lost = self._clock() - self._heard_at_s > LOST_S
        if is_lost != self._is_lost:
            self._is_lost = is_lost
            if is_lost:
                log.warning("microphone %s is lost: livebg records silence until it is back", self.info.name)
            else:
                log.warning("microphone %s is back", self.info.name)

    def close(self) -> None:
        self._stream.close()


def _rate(library: Any, index: int, channels: int, own_hz: int) -> int:
    """48 kHz where the device can, as every sound codec supports it; else the device's own rate."""
    try:
        library.check_input_settings(device=index, channels=channels, dtype="float32", samplerate=USUAL_HZ)
    except (library.PortAudioError, ValueError):
        return own_hz
    return USUAL_HZ


@dataclass(frozen=True, slots=True)
class Microphone:
    """One input of the system: its index and name in PortAudio, its number of channels, its usual rate in Hz."""

    index: int
    name: str
    channels: int
    rate_hz: int
    is_default: bool = False


def portaudio() -> Any:
    """The sounddevice module. Raises SourceError that says what to install where it, or PortAudio, is missing."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except ImportError as cause:
        raise SourceError(f"a microphone needs the package sounddevice: {cause}; pip install sounddevice") from cause
    except OSError as cause:
        remedy = _WITHOUT_LIBRARY.get(sys.platform, "install PortAudio")
        raise SourceError(f"a microphone needs the library PortAudio: {cause}; {remedy}") from cause
    return sounddevice


def list_microphones() -> list[Microphone]:
    """All inputs now, by index. Raises SourceError where the system cannot list them."""
    library = portaudio()
    try:
        devices, default = library.query_devices(), library.default.device[0]
    except library.PortAudioError as cause:
        raise SourceError(f"microphones cannot be listed: {cause}; is a sound system running?") from cause
    return [
        Microphone(index, each["name"], each["max_input_channels"], round(each["default_samplerate"]), index == default)
        for index, each in enumerate(devices)
        if each["max_input_channels"] > 0
    ]


def find_microphone(wanted: str) -> Microphone:
    """The microphone with this index or part of a name.

    Raises SourceError, with those found, when none or more than one matches.
    """
    found, wanted = list_microphones(), wanted.strip()
    if wanted == "default":
        matches = [each for each in found if each.is_default] or found[:1]
    elif wanted.isdecimal():
        matches = [each for each in found if each.index == int(wanted)]
    else:
        matches = [each for each in found if wanted.lower() in each.name.lower()]
        matches = [each for each in matches if each.name.lower() == wanted.lower()] or matches
    if len(matches) == 1:
        return matches[0]
    if not found:
        raise SourceError(f"microphone {wanted}: none was found at all; plug one in, or leave --mic out")
    names = ", ".join(f"{each.index} ({each.name})" for each in matches or found)
    if matches:
        raise SourceError(f"{wanted!r} fits {len(matches)} microphones: {names}; try --mic {matches[0].index}")
    raise SourceError(f"there is no microphone {wanted!r}; found: {names}; try --mic {found[0].index}")
