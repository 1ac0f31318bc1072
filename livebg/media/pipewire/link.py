"""livebg's end of the link to the holder of its PipeWire camera; starts the holder where none runs.

Only connect() waits. Whoever has the link calls follow() now and then: it takes what the holder says.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livebg.core.errors import one_line
from livebg.core.own_module import ROOT
from livebg.core.private_files import make_runtime_folder
from livebg.core.version import VERSION
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.protocol import CARD, PROTOCOL, SLOTS, SOCKET, Channel, FrameMemory, Gone

ANSWER_S, START_S, PAUSE_S = 3.0, 20.0, 0.05


@dataclass(frozen=True, slots=True)
class Status:
    """is_read: some program reads the camera; readers: names, as they call themselves; problem: '' or what is wrong
    and what to do."""

    is_read: bool = True  # until the holder has said so
    readers: tuple[str, ...] = ()
    problem: str = ""


class Link:
    """Connected to the holder until close() or Gone. width, height: the camera's size, which may not be the one that
    was asked for. version: of the holder's livebg."""

    def __init__(self, channel: Channel, width: int, height: int, version: str = VERSION) -> None:
        self.width, self.height, self.version, self.status = width, height, version, Status()
        self._channel, self._free = channel, set(SLOTS)
        self._memory = FrameMemory(width * height * 3 // 2)
        try:
            self._channel.send(handle=self._memory.handle, memory=True)
        except BaseException:
            self._memory.close()
            raise

    @property
    def card(self) -> memoryview:
        """I420, (height * 3/2 * width,) uint8: write the standby card there, then call card_changed()."""
        return self._memory.picture(CARD)

    def card_changed(self) -> None:
        """Raises Gone."""
        self._channel.send(card=True)

    def free_slot(self) -> int | None:
        """A number for picture() and hand(); None while the holder has them all: drop the frame. Raises Gone."""
        self.follow()
        return min(self._free, default=None)

    def picture(self, slot: int) -> memoryview:
        """I420, (height * 3/2 * width,) uint8, writeable until hand()."""
        return self._memory.picture(slot)

    def hand(self, slot: int) -> None:
        """Raises Gone."""
        self._free.discard(slot)
        self._channel.send(frame=slot)

    def follow(self) -> None:
        """Takes what the holder has said: `status`, free slots. Raises Gone."""
        while (heard := self._channel.receive()) is not None:
            message, handle = heard
            if handle is not None:
                os.close(handle)
            self._free |= set(SLOTS) & set(message.get("free", ()))
            if "status" in message:
                self.status = _status(message["status"])

    def close(self) -> None:
        """May be called twice."""
        self._channel.close()
        self._memory.close()


def _status(told: dict[str, Any]) -> Status:
    names = tuple(one_line(str(each)) for each in told["readers"])
    return Status(bool(told["is_read"]), names, one_line(str(told["problem"])))


def connect(
    width: int, height: int, fps: float, start: Callable[[], None] | None = None, folder: Path | None = None
) -> Link:
    """Asks the holder for a camera of this size, even sides. Raises NoPipeWire.

    start: starts a holder, and returns once it listens. folder: of the holder's socket.
    """
    deadline_s = time.monotonic() + ANSWER_S
    try:
        place = (folder or make_runtime_folder()) / SOCKET
        while time.monotonic() < deadline_s:
            link = _try(place, width, height, fps)
            if link is not None:
                return link
            (start or start_holder)()  # there is none, or one that just ends
            time.sleep(PAUSE_S)
    except OSError as cause:
        raise NoPipeWire(f"the process that keeps the camera cannot be reached: {cause}") from cause
    raise NoPipeWire(f"the process that keeps the camera does not answer; end it (fuser -k {place}) and start again")


def _try(place: Path, width: int, height: int, fps: float) -> Link | None:
    """None: no holder listens, or it has ended meanwhile. Raises NoPipeWire."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    try:
        connected.settimeout(ANSWER_S)
        connected.connect(str(place))
        channel = Channel(connected)
        channel.send(protocol=PROTOCOL, version=VERSION, width=width, height=height, fps=fps)
        heard = channel.receive(ANSWER_S)
        if heard is None:
            raise TimeoutError(f"no answer within {ANSWER_S:g} s; end the process that has {place} open")
        answer = heard[0]
        if "refused" in answer:
            raise NoPipeWire(_refusal(answer))
        return Link(channel, int(answer["width"]), int(answer["height"]), one_line(str(answer.get("version"))))
    except (FileNotFoundError, ConnectionRefusedError, Gone):
        connected.close()
        return None
    except BaseException:
        connected.close()
        raise


def _refusal(answer: dict[str, Any]) -> str:
    if answer["refused"] == "busy":
        return "another livebg writes to it; end that one"
    readers = ", ".join(one_line(str(each)) for each in answer.get("readers", ())) or "a program"
    return (
        f"it still belongs to livebg {one_line(str(answer.get('version')))}, because {readers} reads it; switch the "
        "camera off there, then livebg takes it over"
    )


def start_holder() -> None:
    """Starts the holder in a session of its own, so that neither Ctrl-C nor the end of livebg ends it. Raises OSError.

    Returns once it listens. -S: nothing of the environment's packages is loaded.
    """
    command = [sys.executable, "-S", "-m", "livebg.media.pipewire.holder"]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": ROOT, "PYTHONSAFEPATH": "1"},
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=START_S,
            check=False,
        )
    except subprocess.TimeoutExpired as cause:
        raise OSError(f"it does not start within {START_S:g} s") from cause
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise OSError(f"it does not start: {one_line(' '.join(last))}")
