"""One heap for all threads, where the C library is glibc.

Else it gives each thread a heap of its own in pieces of 64 MB, and returns each piece to the system as soon as it is
empty. A picture in 4K and its matte fill one: every frame then costs up to 12 ms for fresh pages
(tests/bench/RESULTS.md, 2026-11-30). Call it before the first thread starts.
"""

from __future__ import annotations

import ctypes

M_ARENA_MAX = -8  # malloc.h


def use_one_heap() -> bool:
    """For this process; False where the C library has no such setting."""
    try:
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1))
    except (AttributeError, OSError, TypeError):  # another C library; Windows has no CDLL(None)
        return False
