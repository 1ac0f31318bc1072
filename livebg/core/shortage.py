"""Whether a failure is for want of memory, whichever library wanted it. Knows nothing about what failed."""

from __future__ import annotations

import contextlib
import errno
import sys

TOLD = (
    "there is too little memory for livebg: close other programs, raise the limit (ulimit -v), or give a smaller --size"
)
# Of addresses. With less, libraries crash or wait for ever while they are loaded, or decode nothing.
LEAST_BYTES = 1_800_000_000
# What failures say that are no MemoryError: of threads, of libraries that are loaded, of OpenCV and FFmpeg, of C++.
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
    """Also where it is the cause of the failure."""
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        if isinstance(failure, MemoryError) or getattr(failure, "errno", None) == errno.ENOMEM:
            return True
        told = str(failure).lower()
        if any(each in told for each in _WORDS):
            return True
        failure = failure.__cause__ or failure.__context__
    return False


def is_limited() -> bool:
    """Whether this process may take (ulimit -v) less than livebg's libraries need to be loaded."""
    with contextlib.suppress(ImportError):
        if sys.platform != "win32":
            import resource

            most, _ = resource.getrlimit(resource.RLIMIT_AS)
            return most != resource.RLIM_INFINITY and most < LEAST_BYTES
    return False
