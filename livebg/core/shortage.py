"""Whether a failure comes from too little memory, in whichever library."""

from __future__ import annotations

import contextlib
import errno
import sys

MESSAGE = (
    "there is too little memory for livebg: close other programs, raise the limit (ulimit -v), or give a smaller --size"
)
# Address space. With less, libraries crash or hang while they load, or decode nothing.
LEAST_BYTES = 1_800_000_000
# Texts of failures that are no MemoryError: from threads, loading libraries, OpenCV, FFmpeg and C++.
_WORDS = (
    "can't start new thread",
    "cannot allocate memory",
    "failed to map segment",
    "insufficient memory",
    "out of memory",
    "bad_alloc",
    "not enough memory",
)


def is_of_memory(failure: BaseException | None) -> bool:
    """True also where the lack of memory is the cause of the failure."""
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        if isinstance(failure, MemoryError) or getattr(failure, "errno", None) == errno.ENOMEM:
            return True
        text = str(failure).lower()
        if any(each in text for each in _WORDS):
            return True
        failure = failure.__cause__ or failure.__context__
    return False


def is_limited() -> bool:
    """Whether this process' limit (ulimit -v) is below what livebg's libraries need to load."""
    with contextlib.suppress(ImportError):
        if sys.platform != "win32":
            import resource

            most, _ = resource.getrlimit(resource.RLIMIT_AS)
            return most != resource.RLIM_INFINITY and most < LEAST_BYTES
    return False
