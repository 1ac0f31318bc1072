"""What counts of the network's alpha: where the finder lets it, where it must be whole, and what both together say.

Any thread.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.nearness import DEEP, FULL, inner, near_people, softened, square, surroundings
from livebg.core.types import Image, Matte

NEAR = 0.014  # of the finder's long side: so far around what it believes in may the network's alpha count
LOW, HIGH = 0.3, 0.6  # the finder's alpha: below LOW it believes in nobody, from HIGH on in somebody
LACKING = 0.8  # an alpha below it lacks something where somebody is surely there
GROWN = 3  # so many steps beyond what is surely there may a piece reach that is lacking: an ear cup, a shoulder
# A coarser alpha is sure above the first, and its word counts so far inside that, of the alpha's long side.
FINDERS = (0.9, DEEP)
NETWORKS = (0.7, 0.02)  # the network's own, of a smaller picture
# In a picture of fewer pixels the network errs about as often as the finder, and elsewhere: see pooled().
FEW_PX = 350_000
DOUBT = np.float32(1 / 128)  # so little is never excluded; a power of 2, so that 0 and 1 of both stay exactly that


def gated(alpha: Matte, belief: Matte, edge: Matte, seen_px: int) -> Matte:
    """The network's alpha, float32 (h, w) in 0..1, only near what the finder believes in, and whole inside it.

    belief, edge: see opening(), of the same frame. Both borders are soft. seen_px: of how many pixels the network's
    picture was. Returns a new array.
    """
    return through(alpha, opening(belief, edge), seen_px)


def opening(belief: Matte, edge: Matte) -> Image:
    """What a finder's belief means for an alpha: uint8 (3, h', w') in 0..255.

    belief: its alpha, float32 (h', w') in 0..1; edge: the same with its edge where the frame shows it. The first plane
    says where alpha may count, the second is the belief near who is surely there, the third its edge.
    Components without a sure core, as of furniture, are in neither of the first two.
    """
    people = _with_core(near_people(belief))
    seen = (cv2.convertScaleAbs(each, alpha=FULL) for each in (people, edge))
    return np.stack([surroundings(people, LOW, HIGH, NEAR), *seen])


def _with_core(people: Matte) -> Matte:
    """The belief, float32 (h, w) in 0..1, without components of what is not sure of anybody as deep as FINDERS says."""
    count, labels = cv2.connectedComponents(np.where(people > LOW, np.uint8(FULL), np.uint8(0)))
    is_lacking = np.ones(count, bool)
    is_lacking[labels[_core(people, FINDERS) > 0]] = is_lacking[0] = False
    return np.asarray(np.where(is_lacking[labels], np.float32(0), people), np.float32) if is_lacking.any() else people


def _core(alpha: Matte, sure_inside: tuple[float, float]) -> Image:
    """Deep inside what an alpha, float32 (h, w) in 0..1, is sure of: uint8 (h, w), FULL or 0."""
    sure, inside = sure_inside
    people = np.where(alpha > sure, np.uint8(FULL), np.uint8(0))
    reach = square(inside * max(alpha.shape))
    return np.asarray(cv2.erode(people, reach, borderType=cv2.BORDER_REPLICATE), np.uint8)


def through(alpha: Matte, opening: Image, seen_px: int) -> Matte:
    """The alpha, float32 (h, w) in 0..1, as the opening allows it. Returns a new array. Its twin: gate_torch.py."""
    size = (alpha.shape[1], alpha.shape[0])
    planes = opening.astype(np.float32) * np.float32(1 / FULL)
    gate = cv2.resize(planes[0], size, interpolation=cv2.INTER_LINEAR)
    counts = whole(np.asarray(cv2.multiply(alpha, inner(gate)), np.float32), planes[1], FINDERS, planes[2])
    if seen_px >= FEW_PX:
        return counts
    return pooled(counts, np.asarray(cv2.resize(planes[1], size, interpolation=cv2.INTER_LINEAR), np.float32))


def pooled(one: Matte, other: Matte) -> Matte:
    """Two networks' alphas as one, float32 (h, w) in 0..1 all: the even logarithmic opinion pool.

    That is the geometric mean of their odds (Genest and Zidek 1986, "Combining Probability Distributions"): whoever is
    surer counts for more. Returns a new array.
    """
    for_it = cv2.sqrt((one + DOUBT) * (other + DOUBT)) - DOUBT
    against = cv2.sqrt((1 - one + DOUBT) * (1 - other + DOUBT)) - DOUBT
    return np.asarray(for_it / (for_it + against), np.float32)


def whole(fine: Matte, coarse: Matte, sure_inside: tuple[float, float], edge: Matte | None = None) -> Matte:
    """The fine alpha, float32 (h, w) in 0..1, with what is missing of people of whom the coarse one is sure.

    coarse, edge: float32 (h', w') in 0..1; without an edge it is the coarse one's. sure_inside: FINDERS or NETWORKS.
    Deep inside somebody nothing is missing. A network of salient objects also leaves out people behind others, what
    they wear on their ears, and in a large picture necks, hair and backs of heads: around there the edge counts, too,
    and with an edge of its own in all of the piece that is missing.
    """
    _, inside = sure_inside
    coarse = np.asarray(cv2.resize(coarse, fine.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    core = _core(coarse, sure_inside)
    filled = np.maximum(fine, softened(core, inside / 2) * np.float32(1 / FULL))
    missing = np.where(fine < LACKING, core, np.uint8(0))
    if missing.any():
        reach = inside * max(fine.shape)
        around = np.asarray(cv2.dilate(missing, square(2 * reach), borderType=cv2.BORDER_REPLICATE), np.uint8)
        if edge is None:
            edge = coarse
        else:
            edge = np.asarray(cv2.resize(edge, fine.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
            around = _grown(around, np.where((edge > HIGH) & (fine < LACKING), np.uint8(FULL), np.uint8(0)), reach)
        filled = np.maximum(filled, edge * (softened(around, inside) * np.float32(1 / FULL)))
    return np.asarray(filled, np.float32)


def _grown(around: Image, lacking: Image, reach_px: float) -> Image:
    """around, uint8 (h, w), grown through the pieces of what is lacking that it touches and that are no mere edge.

    A reconstruction by dilation (Vincent 1993) of few steps. lacking: uint8 (h, w), FULL or 0.
    """
    pieces = cv2.morphologyEx(lacking, cv2.MORPH_OPEN, square(reach_px))
    grown = cv2.min(around, pieces)
    for _ in range(GROWN):
        grown = cv2.min(cv2.dilate(grown, square(2 * reach_px)), pieces)
    return np.asarray(cv2.max(around, cv2.dilate(grown, square(reach_px))), np.uint8)
