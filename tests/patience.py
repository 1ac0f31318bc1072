"""Waits for what must happen, without trusting the machine to be quick: what hangs fails, what is only slow does not.

No test may pass or fail by how busy the machine is. So a test waits for the thing itself (a line, a file's frames), and
HANGS_S is there only to end what will never come. Where a test must bound a time, it allows SLACK times what a free
machine keeps. How fast things are is measured in tests/bench.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HANGS_S = 300.0  # on two cores that a dozen programs share, nothing that a test waits for took a tenth of it
SLACK = 10


def until(
    is_so: Callable[[], bool], what: str | Callable[[], str], longest_s: float = HANGS_S, rarest_s: float = 0.02
) -> None:
    """Returns once it is so; fails after longest_s, and says what did not come. rarest_s: the longest time between two
    questions whether it is so."""
    deadline_s, pause_s = time.monotonic() + longest_s, 0.001
    while not is_so():
        assert time.monotonic() < deadline_s, f"not in {longest_s:g} s: {what if isinstance(what, str) else what()}"
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, rarest_s)


def frames_so_far(path: Path) -> list[float]:
    """Times in s of the frames that a player finds in a recording which may still be written."""
    import av  # not above: loaded before OpenCV, its libraries keep Qt's window from ever opening

    try:
        with av.open(str(path)) as container:
            return [float(frame.time or 0.0) for frame in container.decode(video=0)]
    except (OSError, av.FFmpegError):  # nothing whole is in it yet
        return []


def go_first() -> None:
    """Gives the calling process, and those it starts, the processor before others, where the system allows it: for
    what plays a device that waits for nobody, as a sound card does. To be called in a child, as preexec_fn."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)


def frames_until(source: Any, is_enough: Callable[[Any], bool], longest_s: float = HANGS_S) -> list[Any]:
    """A source's frames up to the first that is enough."""
    frames, ends_s = [], time.monotonic() + longest_s
    while time.monotonic() < ends_s:
        frame = source.read(0.05)
        if frame is not None:
            frames.append(frame)
            if is_enough(frame):
                return frames
    raise AssertionError("it did not come")


class Program:
    """A running `python -m livebg …`: its stderr, line by line as it comes, and a process to send signals to.

    script: another program that runs livebg, and its arguments.
    """

    def __init__(self, *arguments: str, folder: Path, script: Sequence[str] = ("-m", "livebg")) -> None:
        command = [sys.executable, *script, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=folder, text=True, **pipes)  # type: ignore[call-overload]
        self.lines: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line)
        self._new.put(None)

    def says(self, pattern: str) -> str:
        """The next line of stderr, from the last one that was waited for, in which the pattern is found."""
        while True:
            line = self._new.get(timeout=HANGS_S)
            assert line is not None, f"it ended without saying {pattern!r}: {self.error}"
            if re.search(pattern, line):
                return line.rstrip("\n")

    def records(self, path: Path, seconds: float, frames: int = 12) -> None:
        """Until a player finds so much in its recording, and so many frames, however few a second there are."""

        def is_there() -> bool:
            assert self.process.poll() is None, self.error
            times_s = frames_so_far(path)
            return len(times_s) >= frames and times_s[-1] >= seconds

        until(is_there, f"{seconds:g} s in {path.name}", rarest_s=0.2)  # to ask decodes the file so far

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    @property
    def error(self) -> str:
        """All of stderr so far."""
        return "\n".join(self.lines)

    def end(self) -> tuple[int, str]:
        """Waits for its end: exit code and stdout."""
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        code = self.process.wait(HANGS_S)
        self._reader.join()
        return code, output

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        """A test that failed leaves nothing running."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
