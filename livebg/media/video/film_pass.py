"""One reading of a video file from its start or from a key: its packets, and what can be decoded of them.

Knows nothing about pictures' colours or what the frames are for. Runs in the thread that iterates it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
from av.video.frame import VideoFrame

from livebg.core.errors import SourceError
from livebg.media.video.index import Key, Packets, packets_from, sound
from livebg.media.video.open import best_stream, length_s, open_media

THREADS = 4  # each holds a picture that is being decoded; 4K ones have up to 25 MB


class Pass:
    """Raises SourceError when the file cannot be opened, holds no video or is encrypted."""

    def __init__(self, path: Path, name: str) -> None:
        self.damaged = 0
        self._name = name
        self._container = open_media(str(path), name, is_stream=False)
        try:
            self.stream = best_stream(self._container, name)
            self.stream.codec_context.thread_count = THREADS
            self.stream.thread_type = "AUTO"
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Pass:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def length_s(self) -> float:
        return length_s(self._container, self.stream)

    def packets(self) -> Packets:
        return self._container.demux(self.stream)

    def decoded(self, key: Key | None = None) -> Iterator[VideoFrame]:
        """Every frame that can be decoded, from the start or from a key; nothing where seeking does not lead there."""
        packets = self.packets() if key is None else packets_from(self._container, self.stream, key)
        for packet in sound(packets or iter(())):
            if packet.has_sidedata("encryption_info"):
                raise SourceError(f"{self._name} is encrypted (DRM); try a copy without protection")
            try:
                frames = self.stream.decode(packet)
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            yield from frames
