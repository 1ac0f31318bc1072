"""Numbers that several steps of the matte share. The parameters of one algorithm are in the `params.py` of its
folder, which its reference and its fast form both read.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_GAP_S = 1.0  # a state older than this does not count for a frame


@dataclass(frozen=True, slots=True)
class SupportParams:
    """Of the check that a small alpha supports its full-size one (support.py)."""

    across: int = 80  # at most so many cells
    down: int = 45
    nothing_near: int = 1  # kind of a cell: nothing may be foreground there
    faint_near: int = 2  # and: nothing that is half foreground

    def cells_of(self, matte_size: tuple[int, ...]) -> tuple[int, int]:
        """How many cells, down and across, for a small alpha of this (h, w)."""
        return min(self.down, matte_size[0]), min(self.across, matte_size[1])


SUPPORT = SupportParams()
