"""One livebg for each output: two that write one file would ruin it, or each other's work. Caller's thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from livebg.core.errors import SinkError
from livebg.core.file_lock import FileLock
from livebg.media.whole_file import hidden_name, sweep_unfinished


@contextmanager
def writing(*outputs: Path) -> Iterator[None]:
    """Reserves these outputs for this run. Raises SinkError if another has one of them; ignores the locks of dead runs.

    A lock is a hidden file beside its output, so that livebg on another machine sees it, too.
    """
    with ExitStack() as locks:
        for each in outputs:
            real = Path(os.path.realpath(each))
            lock = FileLock(real.with_name(f"{hidden_name(real)}.livebg-lock"))
            if not lock.is_held:
                raise SinkError(
                    f"output {each}: another livebg is writing it; wait for its end, or choose another name"
                )
            locks.callback(lock.release)
            sweep_unfinished(each)
        yield
