"""A video file read whole and exactly: every frame that it shows, when, upright, from any of its key frames.

Nothing here is live: no pace, no thread, one frame held at a time. Each pass through the file opens it anew, so passes
share nothing. Runs in the thread that iterates it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame

from livebg.capture.film_index import Key, PacketIndex, index_of, mended, packets_from, sound
from livebg.capture.film_picture import PictureMaker, depth_of
from livebg.capture.media_opening import best_stream, name_of, open_media, rate_of
from livebg.errors import SourceError
from livebg.film_vocabulary import FilmFrame, FilmIndex, FilmInfo

log = logging.getLogger(__name__)

THREADS = 4  # each holds a picture that is being decoded; 4K ones have up to 25 MB


class Film:
    """One file. Raises SourceError when it cannot be opened or holds no picture."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = name_of(str(path))
        self._packet_index: PacketIndex | None = None
        self._warned: set[str] = set()
        self._pass: _Pass | None = None
        try:
            with _Pass(path, self._name) as first_pass:
                first = next(first_pass.decoded(), None)
                if first is None:
                    raise SourceError(f"{self._name} holds no picture that can be decoded; try another file")
                self._maker = PictureMaker(self._name, first)
                self.info = self._info(first_pass.stream, first)
        finally:
            self.close()

    def index(self) -> FilmIndex:
        return self._indexed().index

    def frames(self, first_tick: int, last_tick: int) -> Iterator[FilmFrame]:
        """Those from first_tick to last_tick, both included. Where seeking does not lead there exactly, the file is
        read from its start."""
        known = self._indexed()
        ticks = known.index.ticks
        expected = ticks[np.searchsorted(ticks, first_tick) : np.searchsorted(ticks, last_tick, "right")]
        if not len(expected):
            return
        before = [each for each in known.keys if each.tick <= expected[0]]
        for key in (before[-1] if before and known.is_told else None, None):
            given = 0
            with _Pass(self._path, self._name) as one_pass:
                self._pass = one_pass
                for tick, frame in self._timed(one_pass, key):
                    if tick < expected[0]:
                        continue
                    if tick > expected[-1]:
                        break
                    if key and not given and (tick != expected[0] or frame.is_corrupt):
                        break
                    given += 1
                    yield self._film_frame(tick, frame)
            if given or key is None:
                return

    def close(self) -> None:
        if self._pass:
            self._pass.close()

    def _indexed(self) -> PacketIndex:
        if self._packet_index is None:
            with _Pass(self._path, self._name) as one_pass:
                found = index_of(one_pass.stream, one_pass.packets())
            if not found.is_told:
                found = self._by_decoding()
            self._packet_index = found
        return self._packet_index

    def _by_decoding(self) -> PacketIndex:
        log.info("%s: its packets do not tell its frames' times; decoded once to know them", self._name)
        with _Pass(self._path, self._name) as one_pass:
            ticks = np.array([tick for tick, _ in self._mended(one_pass)], np.int64)
        return PacketIndex(FilmIndex(ticks, ticks[:1]), (), False)

    def _timed(self, one_pass: _Pass, key: Key | None) -> Iterator[tuple[int, VideoFrame]]:
        known = self._indexed()
        if not known.is_told:
            yield from self._mended(one_pass)
            return
        for frame in one_pass.decoded(key):
            if frame.pts is not None:
                yield frame.pts, frame

    def _mended(self, one_pass: _Pass) -> Iterator[tuple[int, VideoFrame]]:
        held: list[VideoFrame] = []

        def ticks() -> Iterator[int | None]:
            for frame in one_pass.decoded():
                held[:] = [frame]
                yield frame.pts

        base = self.info.time_base
        step = max(1, round(1 / (self.info.fps or 25) / base))
        for tick in mended(ticks(), step, float(1 / base)):
            yield tick, held[0]

    def _film_frame(self, tick: int, frame: VideoFrame) -> FilmFrame:
        if self._maker.is_of_other_size(frame):
            self._warn_once(f"changes its size to {frame.width}x{frame.height}; scaled to its first size")
        return FilmFrame(tick, self._maker.image(frame), self._maker.planes(frame))

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            log.warning("%s %s", self._name, text)
        self._warned.add(text)

    def _info(self, stream: av.VideoStream, first: VideoFrame) -> FilmInfo:
        maker = self._maker
        aspect = stream.sample_aspect_ratio or Fraction(1)
        notes = [f"{depth_of(first)} bit → 8 bit"] if depth_of(first) > 8 else []
        return FilmInfo(
            name=self._name,
            width=maker.width,
            height=maker.height,
            fps=rate_of(stream),
            time_base=stream.time_base or Fraction(1, 1000),
            pixel_aspect=1 / aspect if maker.is_lying else aspect,
            colour=maker.colour,
            notes=tuple(notes),
        )


class _Pass:
    """One reading of the file."""

    def __init__(self, path: Path, name: str) -> None:
        self._container = open_media(str(path), name, is_stream=False)
        try:
            self.stream = best_stream(self._container, name)
            self.stream.codec_context.thread_count = THREADS
            self.stream.thread_type = "AUTO"
        except BaseException:
            self._container.close()
            raise
        self.damaged = 0

    def __enter__(self) -> _Pass:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def packets(self) -> Iterator[av.Packet[av.VideoStream]]:
        return self._container.demux(self.stream)

    def decoded(self, key: Key | None = None) -> Iterator[VideoFrame]:
        """Every frame that can be decoded, from the start or from a key; nothing where seeking does not lead there."""
        packets = self.packets() if key is None else packets_from(self._container, self.stream, key)
        for packet in sound(packets or iter(())):
            try:
                frames = self.stream.decode(packet)
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            yield from frames
