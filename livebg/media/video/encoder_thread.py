"""Calls an encoder in a thread of its own, so that a call that never returns does not hold livebg for ever.

SVT-AV1 4.1 may wait for a picture that it has lost (tests/bench/RESULTS.md, 2026-11-29). Nothing can break off such a
call, nor free what it uses: the thread stays in it until the process ends. The caller goes on with an error, and while
it waits it hears signals.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from livebg.core.threads import Latest, Worker

if TYPE_CHECKING:
    import av

    Packet = av.Packet[av.VideoStream]

PATIENCE_S = 120.0  # one picture in 8K takes a slow machine some 40 s
_STEP_S = 1.0


class NoAnswer(Exception):
    """The encoder neither took a frame nor gave a packet for too long."""


def _nothing(_: av.VideoFrame | None) -> Iterable[Packet]:
    return ()


class EncoderThread:
    """Encodes frames in order. encode: of one frame, gives the packets as they come; None drains the encoder.
    patience_s: for NoAnswer. One thread at a time may call."""

    def __init__(
        self, encode: Callable[[av.VideoFrame | None], Iterable[Packet]], patience_s: float = PATIENCE_S
    ) -> None:
        self._encode, self._patience_s = encode, patience_s
        self._frames: Latest[tuple[av.VideoFrame | None]] = Latest()
        self._packets: Latest[tuple[Packet | None]] = Latest()
        self._worker = Worker("livebg-encode", self._work, self._unblock, self._packets.close)

    def _work(self, _: threading.Event) -> None:
        while True:
            if (given := self._frames.get(_STEP_S)) is None:
                continue
            for packet in self._encode(given[0]):
                self._packets.hand((packet,))
            del given  # not held while the next one is made: it may be large
            self._packets.hand((None,))

    def _unblock(self) -> None:
        self._frames.close()
        self._packets.close()

    def encode(self, frame: av.VideoFrame | None) -> list[Packet]:
        """The packets that the encoder gives now. Raises NoAnswer, and what PyAV raises; after either, and after an
        interruption, only close() may follow."""
        self._frames.put((frame,))
        packets = []
        while (packet := self._next()) is not None:
            packets.append(packet)
        return packets

    def _next(self) -> Packet | None:
        step_s = min(_STEP_S, self._patience_s)
        waited_s = 0.0  # counts steps: a process that is stopped, or a machine that sleeps, loses no patience
        while (given := self._packets.get(step_s)) is None:
            waited_s += step_s
            if waited_s >= self._patience_s:
                raise NoAnswer(f"no answer for {waited_s:g} s")
        return given[0]

    def close(self) -> None:
        """Ends the thread, unless the encoder holds it. May be called twice."""
        with contextlib.suppress(TimeoutError):
            self._worker.stop()
            self._encode = _nothing  # by a circle of references the encoder and its threads would outlive their file
