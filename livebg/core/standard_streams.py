"""stdin, stdout and stderr: closed, broken or full, they never end livebg's work.

Main thread, before anything else: a file opened earlier would get the number of a closed stream, and messages would go
into that file.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import sys
from typing import BinaryIO, TextIO, cast

from livebg.core.errors import SinkError

_NOBODY_READS = (errno.EPIPE, errno.EINVAL)  # the second is Windows' word for it
_closed: set[str] = set()


class _Forgiving(io.TextIOWrapper):
    """Text for people. After a failed write it writes nothing more; it says so once, unless the reader has gone."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as cause:
            self._give_up(cause)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as cause:
            self._give_up(cause)

    def _give_up(self, cause: OSError) -> None:
        """Discards buffered text, too: writing it would fail again at the end."""
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
        if cause.errno not in _NOBODY_READS and self is sys.stdout:
            print(f"livebg: stdout cannot be written: {cause.strerror}; where does it lead?", file=sys.stderr)


def prepare() -> None:
    """Opens each missing stream on the null device, also for processes that livebg starts."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    logging.raiseExceptions = False  # a failed write to the log is no news
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed, or pythonw, which has none
            _closed.add(name)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
    sys.stdout, sys.stderr = _forgiving(sys.stdout), _forgiving(sys.stderr)


def _forgiving(stream: TextIO) -> TextIO:
    """The same stream; escapes replace letters that its encoding lacks."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    is_by_line, encoding = stream.line_buffering, stream.encoding
    return _Forgiving(stream.detach(), encoding, "backslashreplace", line_buffering=is_by_line)


def data_out() -> BinaryIO:
    """stdout for a file's bytes; writing to it may raise OSError. Raises SinkError where it is closed."""
    if "stdout" in _closed:
        raise SinkError("stdout is closed, and the picture would go there; name a file by --output")
    return cast("BinaryIO", sys.stdout.buffer)
