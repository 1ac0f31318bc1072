"""The parameters of the algorithms that refine a matte, for their references and their fast forms alike."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = 2  # state of a cell of the unknown region; 0 and 1: alpha is surely that there and around it


@dataclass(frozen=True, slots=True)
class GuidedFilterParams:
    """Of the colour guided filter. Chosen by tests/bench/quality.py (RESULTS.md, "How the defaults were chosen")."""

    radius: int = 4  # px at work size: about one pixel of a 256x144 matte around the edge
    epsilon: float = 1e-4  # regularisation, of colours in 0..1, squared: a window with less variance counts as flat
    contrast: float = 1.4  # around alpha 0.5: undoes the softening that averaging the windows' answers brings
    doubtful: float = 0.25  # where the small alpha has no more than this within a pixel, colours make nothing of it


@dataclass(frozen=True, slots=True)
class AgreementParams:
    """Of the mean of a fine alpha and of what the colour guided filter makes of it (RESULTS.md, 2026-12-01)."""

    share: float = 1 / 3  # of the filter's: the fine alpha counts twice
    reach: float = 0.0035  # of the long side: they are compared over a square that reaches so far to all sides
    close: float = 0.05  # mean difference in there up to which they differ in the edge's softness and jitter alone
    apart: float = 0.15  # from here on one of the two is beside the edge: the fine one counts


@dataclass(frozen=True, slots=True)
class UnknownRegionParams:
    """Of the unknown region: where an alpha is neither surely background nor surely foreground."""

    block: int = 4  # px: how finely alpha is looked at
    tall: int = 2  # blocks: a cell's height
    # (cell's width, reach), in blocks: how wide a cell is, and how far around it alpha must be sure.
    found_within: tuple[int, int] = (2, 2)  # 8x8 px, 8 px around: as far as a pixel's alpha reaches, twice the radius
    applied_within: tuple[int, int] = (1, 1)  # 8x4 px, 4 px around: beyond it the contrast has made all 0 or 1 already
    background_below: float = 0.05  # alpha that is surely background: the contrast makes 0 of all below 0.14
    foreground_above: float = 0.95  # alpha that is surely foreground


@dataclass(frozen=True, slots=True)
class LocalColourParams:
    """Of the grid in which the local colours of person and room are kept, and of its planes in memory."""

    widest: int = 80  # cells along the longer side
    margin: int = 7  # cells of nothing on all sides: as far as the large window reaches, three small ones wide
    stride: int = 112  # floats from row to row: `widest`, both margins, and an odd number of cache lines
    moments: int = 20  # planes: person and room, ten each
    evidence: int = 11  # planes: ten coefficients and the bound


GUIDED_FILTER = GuidedFilterParams()
AGREEMENT = AgreementParams()
UNKNOWN_REGION = UnknownRegionParams()
LOCAL_COLOUR = LocalColourParams()
