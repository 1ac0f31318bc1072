"""A video file read whole and exactly: every frame that it shows, when, upright, from any of its key frames.

No live behaviour: no pace, no thread, one frame at a time. Each pass through the file opens it anew, so passes share
nothing. Runs in the thread that iterates it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from livebg.core.errors import SourceError
from livebg.media.video.convert import PictureMaker, losses_of
from livebg.media.video.decode import Decoder
from livebg.media.video.filters import made_whole
from livebg.media.video.index import Key, PacketIndex, index_of, mended
from livebg.media.video.open import name_of
from livebg.media.video.types import FilmFrame, FilmIndex, FilmInfo, Ticks

log = logging.getLogger(__name__)

Timed = tuple[int, VideoFrame]

FEW = 4  # frames that show whether the film is interlaced; its first is often not


class Film:
    """One file. Raises SourceError when it cannot be opened or holds no picture.

    known: the index from another reader that has gone through this whole file.
    """

    def __init__(self, path: Path, known: PacketIndex | None = None) -> None:
        self._path = path
        self._name = name_of(str(path))
        self._packet_index = known
        self._is_damaged = False
        self._decoder: Decoder | None = None
        with self._opened() as decoder:
            few = list(islice(decoder.frames(), FEW))
            if not few:
                raise SourceError(f"{self._name} holds no picture that can be decoded; try another file")
            self._is_interlaced = any(each.interlaced_frame for each in few)
            self._converter = PictureMaker(self._name, few[0], decoder.stream)
            self.info = self._info(decoder, losses_of(decoder.stream, few[0]))

    def _opened(self) -> Decoder:
        return Decoder(str(self._path), self._name)

    def index(self) -> FilmIndex:
        return self.known().index

    def frames(self, first_tick: int, last_tick: int, every: int = 1) -> Iterator[FilmFrame]:
        """Those from first_tick to last_tick, both included, the same as when decoding from the file's start; every:
        the first of so many only, at the price of decoding alone for the others."""
        known = self.known()
        ticks = known.index.ticks
        begin, end = int(np.searchsorted(ticks, first_tick)), int(np.searchsorted(ticks, last_tick, "right"))
        # An interlaced frame also needs its neighbours; whether the first one is interlaced, only decoding shows.
        starts = [ticks[max(begin - 1, 0)]] if self._is_interlaced else [first_tick, ticks[max(begin - 1, 0)]]
        keys = [next((each for each in reversed(known.keys) if each.tick <= start), None) for start in starts]
        has_begun = False
        for key in dict.fromkeys([*keys, None]):  # the start, if seeking does not reach the first
            for frame in self._from(key, ticks[begin:end], known.is_reliable, every):
                has_begun = True
                yield frame
            if has_begun:
                return

    def close(self) -> None:
        if self._decoder:
            self._decoder.close()

    def _from(self, key: Key | None, ticks: Ticks, is_reliable: bool, every: int) -> Iterator[FilmFrame]:
        """The frames of these ticks; none if decoding from the key does not begin with their first."""
        given = 0
        with self._opened() as decoder:
            self._decoder = decoder
            timed = self._timed(decoder, key, is_reliable)
            first = next(timed, None)
            if first is None or (key and first[1].interlaced_frame and key.tick == ticks[0] and not self._begins(key)):
                return
            for tick, frame in made_whole(self._seen(chain([first], timed))):
                if given == len(ticks) or tick > ticks[-1]:
                    break
                if tick < ticks[0]:
                    continue
                if key and not given and (tick != ticks[0] or frame.is_corrupt):
                    return
                given += 1
                if (given - 1) % every == 0:
                    yield self._film_frame(tick, frame)
            if given and (given < len(ticks) or decoder.damaged):
                self._warn_of_damage("some of its frames could not be decoded")

    def _begins(self, key: Key) -> bool:
        return key.tick <= int(self.known().index.ticks[0])

    def _timed(self, decoder: Decoder, key: Key | None, is_reliable: bool) -> Iterator[Timed]:
        if is_reliable:
            return ((frame.pts, frame) for frame in decoder.frames(key) if frame.pts is not None)
        # in the order of _by_decoding
        return zip(self.known().index.ticks.tolist(), decoder.frames(), strict=False)

    def _seen(self, timed: Iterator[Timed]) -> Iterator[Timed]:
        for tick, frame in timed:
            if frame.interlaced_frame and not self._is_interlaced:
                self._is_interlaced = True
                log.warning("%s is interlaced in part: each such frame made whole from both its moments", self._name)
            yield tick, frame

    def known(self) -> PacketIndex:
        """Goes through the whole file at the first call."""
        if self._packet_index is None:
            with self._opened() as decoder:
                found = index_of(decoder.stream, decoder.packets())
                length_s = decoder.length_s()
            self._packet_index = found if found.is_reliable else self._by_decoding()
            ticks = self._packet_index.index.ticks.tolist()
            # Some Matroska headers count the time before the first frame too.
            seen_s = float(max(ticks[-1] - ticks[0], ticks[-1]) * self.info.time_base) + 1 / (self.info.fps or 25)
            if seen_s < 0.95 * length_s - 0.5:
                self._warn_of_damage(f"it ends after {seen_s:.1f} s of {length_s:.1f} s")
        return self._packet_index

    def _by_decoding(self) -> PacketIndex:
        log.info("%s: its packets do not tell its frames' times; decoded once to know them", self._name)
        with self._opened() as decoder:
            stamps = [frame.pts for frame in decoder.frames()]
        base = self.info.time_base
        step = max(1, round(1 / (self.info.fps or 25) / base))
        ticks = np.array(mended(stamps, step, float(1 / base)), np.int64)
        return PacketIndex(FilmIndex(ticks, ticks[:1]), (), False)

    def _film_frame(self, tick: int, frame: VideoFrame) -> FilmFrame:
        return FilmFrame(tick, self._converter.image(frame), self._converter.planes(frame))

    def _warn_of_damage(self, seen: str) -> None:
        if not self._is_damaged:
            log.warning("%s is damaged or cut off: %s", self._name, seen)
        self._is_damaged = True

    def _info(self, decoder: Decoder, losses: tuple[str, ...]) -> FilmInfo:
        converter = self._converter
        notes = ("interlaced: each frame made whole from both its moments",) if self._is_interlaced else ()
        return FilmInfo(
            name=self._name,
            width=converter.width,
            height=converter.height,
            fps=decoder.fps,
            time_base=decoder.stream.time_base or Fraction(1, 1000),
            pixel_aspect=converter.pixel_aspect,
            colour=converter.colour,
            notes=tuple(dict.fromkeys((*notes, *converter.notes, *losses))),
        )
