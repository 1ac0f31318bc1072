"""The last fusion against its formula in float64: whole spans and cut ones, with an empty room and without."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import LOWEST_ALPHA
from livebg.scene.compositing.foreground import NO_BYTES, NO_NUMBERS, _places
from livebg.scene.compositing.foreground_numba import TRUST
from livebg.scene.compositing.over_numba import compose, scratch

SMALL = (6, 10)


def _wide(planes: np.ndarray, height: int, width: int) -> np.ndarray:
    """(h, 3, w) → (height, width, 3), bilinear between the small pixels' centres."""
    columns, rights = _places(width, SMALL[1])
    rows, belows = _places(height, SMALL[0])
    left, top = columns[:-1].astype(int), rows[:-1].astype(int)
    lines = planes[:, :, left] * (1 - rights) + planes[:, :, left + 1] * rights
    belows = belows[:, None, None]
    return (lines[top] * (1 - belows) + lines[top + 1] * belows).transpose(0, 2, 1)


@pytest.mark.parametrize("has_room", [False, True])
@pytest.mark.parametrize("size", [(12, 32), (37, 61), (9, 15), (40, 160)])
def test_it_is_the_formula(size: tuple[int, int], has_room: bool) -> None:
    random = np.random.default_rng(8)
    image, room = random.integers(0, 256, (2, *size, 3), dtype=np.uint8)
    alpha, colours = random.random(size, dtype=np.float32), 255 * random.random((SMALL[0], 2, 3, SMALL[1]))
    alpha[random.random(size) < 0.3] = 0
    result, black, plate = np.empty_like(image), np.zeros_like(image), room.reshape(-1) if has_room else NO_BYTES
    pictures = (image.reshape(-1), alpha.reshape(-1).view(np.int32), black.reshape(-1))
    places = (*_places(size[1], SMALL[1]), *_places(size[0], SMALL[0]))
    hints = (*places, colours.reshape(-1).astype(np.float32), plate, NO_BYTES, NO_NUMBERS)
    compose(*pictures, result.reshape(-1), True, *scratch(size[1]), *hints)
    share, own = alpha[..., None].astype(float), _wide(colours[:, 0], *size)
    under = room if has_room else _wide(colours[:, 1], *size)
    gain = share / (share * share + float(TRUST) * (1 - share)) if has_room else share
    exact = np.rint((own + gain * (image - share * own - (1 - share) * under)).clip(0, 255))
    assert np.abs(result - np.where(share >= LOWEST_ALPHA, exact, 0)).max() <= 1
    assert (result != np.where(share >= LOWEST_ALPHA, exact, 0)).mean() < 0.01
