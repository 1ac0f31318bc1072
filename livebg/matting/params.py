"""Numbers that several steps of the matte share. The parameters of one algorithm stand in the `params.py` of its
folder, where its reference and its fast form take them from.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_GAP_S = 1.0  # what was remembered longer ago says nothing about this frame


@dataclass(frozen=True, slots=True)
class SupportParams:
    """Of the judgement whether a full-size alpha can come from its small one (support.py)."""

    across: int = 80  # cells that the picture is judged in, at most
    down: int = 45
    nothing_near: int = 1  # kind of a cell: nothing may be foreground there
    faint_near: int = 2  # and: nothing that is half foreground


SUPPORT = SupportParams()
