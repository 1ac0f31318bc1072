"""The parameters of foreground estimation, for its reference and its fast form alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForegroundParams:
    """Of blur fusion at the small size, px there; and of the colours that a cut-out stores."""

    cell: int = 4  # px: the wide pass averages over 3 x 3 cells; divides both sides of the small picture
    faint: float = 1e-2  # px: weight of the whole picture's mean, for where a side is not seen nearby
    coarse: float = 1e-2  # px: weight of the wide pass's mean beside the 3 x 3 pixels' own
    trust: float = 0.3  # of a plate: how much less than an exact one it is relied on, the more the lower alpha is
    person_from: float = 0.75  # alpha of a small pixel from which it tells of the person, fully at 1 (cut-outs)
    pushed: float = 0.02  # weight of the larger squares' colour beside a sure pixel's own (cut-outs)


FOREGROUND = ForegroundParams()
