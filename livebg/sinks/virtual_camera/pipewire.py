"""The camera "livebg" in PipeWire: no root, no kernel module. Composites go to the holder, which keeps the camera.

It takes its size from the first composite, or from the camera that a program still reads. Never waits but for the first
connection: a lost holder is replaced in a thread of its own, and frames are dropped meanwhile. Caller's thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from livebg.core.errors import SinkError
from livebg.core.threads import Worker
from livebg.core.types import Composite, Image, Reads
from livebg.core.version import VERSION
from livebg.media.pipewire.library import NoPipeWire, check_daemon
from livebg.media.pipewire.link import Link, connect
from livebg.media.pipewire.protocol import Gone
from livebg.sinks.virtual_camera.consumers import LINGER_S
from livebg.sinks.virtual_camera.i420 import as_i420, i420_size
from livebg.sinks.virtual_camera.outage import Outage

log = logging.getLogger(__name__)
CARD_S = 5.0  # how often the holder gets a new standby card, if the background has changed
STOP_S = 30.0


class PipeWireCamera:
    """A FrameSink. standby: gives the standby image, BGR uint8 (H, W, 3), for when livebg is silent or gone.

    check, connect_to: raise NoPipeWire; SinkError at once where PipeWire cannot be used.
    """

    name = "virtual camera livebg (PipeWire)"
    is_live = True
    reads: Reads = "i420"

    def __init__(
        self,
        standby: Callable[[], Image] | None = None,
        fps: float = 30.0,
        check: Callable[[], None] = check_daemon,
        connect_to: Callable[[int, int, float], Link] = connect,
    ) -> None:
        self._standby, self._fps, self._connect = standby, fps, connect_to
        self._link: Link | None = None
        self._attempt: Attempt | None = None
        self._outage = Outage()
        self._readers, self._problem, self._read_until_s = tuple[str, ...](), "", float("-inf")
        self._card: Image | None = None
        self._lent: tuple[int, Image] | None = None  # a slot's number and its picture
        self._size, self._carded_s = (0, 0), float("-inf")
        self._is_closed = False
        try:
            check()
        except NoPipeWire as cause:
            raise self._error(str(cause)) from cause

    @property
    def is_watched(self) -> bool:
        """Without the holder there is no camera, so nobody can watch."""
        if self._link is not None:
            self._follow(self._link)
        if self._link is None:
            return self._size == (0, 0)  # not opened yet: not known
        if self._link.status.is_read:
            self._read_until_s = time.monotonic() + LINGER_S
        return time.monotonic() < self._read_until_s

    @property
    def watchers(self) -> tuple[str, ...]:
        """Names of the applications that read it."""
        return self._readers

    def lend(self, height: int, width: int) -> Image | None:
        """A free slot's memory, I420 uint8 (height * 3/2, width): if the next composite's picture is that, write()
        copies nothing. None where there is none of this size.
        """
        self._lent, link = None, self._link
        if link is None or (link.height, link.width) != (height, width):
            return None
        try:
            slot = link.free_slot()
        except Gone:
            return None  # write() sees it, too
        if slot is None:
            return None
        self._lent = slot, _array(link, link.picture(slot))
        return self._lent[1]

    def write(self, composite: Composite) -> None:
        """Hands over one composite. Raises SinkError if there is no camera at the very first one."""
        assert not self._is_closed, "written to after close"
        lent, self._lent = self._lent, None
        if self._size == (0, 0):
            self._open(*i420_size(composite))
        elif self._link is None and not self._is_back():
            return
        link = self._link
        assert link is not None
        try:
            self._give_card(link)
            if lent is not None and composite.image is lent[1]:
                link.hand(lent[0])
                return
            slot = link.free_slot()
            if slot is not None:
                as_i420(composite, link.height, link.width, _array(link, link.picture(slot)))
                link.hand(slot)
        except Gone as cause:
            self._lose(cause)

    def _open(self, height: int, width: int) -> None:
        try:
            self._take(self._connect(width, height, self._fps))
        except NoPipeWire as cause:
            raise self._error(str(cause)) from cause
        self._size = height, width
        log.info("%s: %dx%d", self.name, *self._link_size())
        if self._link is not None and self._link.version != VERSION:
            log.info("%s: livebg %s's process keeps it, because a program reads it", self.name, self._link.version)
        if self._link_size() != (width, height):
            log.warning("%s: a program reads it at %dx%d; composites are fitted to that", self.name, *self._link_size())

    def _link_size(self) -> tuple[int, int]:
        assert self._link is not None
        return self._link.width, self._link.height

    def _take(self, link: Link) -> None:
        self._link, self._card, self._carded_s = link, None, float("-inf")

    def _give_card(self, link: Link) -> None:
        """The standby card, at the first frame and when it has changed. Raises Gone."""
        if self._standby is None or time.monotonic() - self._carded_s < CARD_S:
            return
        self._carded_s = time.monotonic()
        card = self._standby()
        if card is not self._card:
            self._card = card
            as_i420(Composite(card), link.height, link.width, _array(link, link.card))
            link.card_changed()

    def _follow(self, link: Link) -> None:
        try:
            link.follow()
        except Gone as cause:
            self._lose(cause)
            return
        status = link.status
        if status.readers != self._readers:
            self._readers = status.readers
            log.info("%s: %s", self.name, f"read by {', '.join(status.readers)}" if status.readers else "nobody reads")
        if status.problem != self._problem:
            if status.problem:
                log.warning("%s: %s", self.name, status.problem)
            else:
                log.info("%s: is back", self.name)
            self._problem = status.problem

    def _lose(self, cause: Gone) -> None:
        if self._link is not None:
            self._link.close()
        self._link = None
        self._outage.begins(self._error(f"the process that keeps it has ended ({cause})"), self.name)

    def _is_back(self) -> bool:
        """Whether a holder takes frames again; a thread looks for one, twice a second."""
        if self._attempt is None:
            if self._outage.is_due():
                height, width = self._size
                self._attempt = Attempt(partial(self._connect, width, height, self._fps))
            return False
        if self._attempt.is_running:
            return False
        attempt, self._attempt = self._attempt, None
        try:
            self._take(attempt.result())
        except NoPipeWire as failure:
            log.debug("%s: %s", self.name, failure)
            self._outage.lasts()
            return False
        self._outage.is_over(self.name)
        return True

    def _error(self, what: str) -> SinkError:
        return SinkError(f"{self.name}: {what}")

    def close(self) -> None:
        """May be called twice."""
        self._is_closed = True
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.end()
        if self._link is not None:
            self._link.close()
            self._link = None


class Attempt:
    """One connection, in a thread of its own."""

    def __init__(self, connect_to: Callable[[], Link]) -> None:
        self._connect = connect_to
        self._link: Link | None = None
        self._worker = Worker("livebg-pipewire", self._run)

    def _run(self, _stopping: object) -> None:
        self._link = self._connect()

    @property
    def is_running(self) -> bool:
        return self._worker.is_running

    def result(self) -> Link:
        """Raises what the attempt has raised."""
        self._worker.stop(STOP_S)
        assert self._link is not None
        return self._link

    def end(self) -> None:
        """Nobody needs its link."""
        try:
            self.result().close()
        except NoPipeWire as failure:
            log.debug("%s", failure)


def _array(link: Link, memory: memoryview) -> Image:
    """uint8 (H * 3/2, W) over shared memory."""
    return np.frombuffer(memory, np.uint8).reshape(link.height * 3 // 2, link.width)
