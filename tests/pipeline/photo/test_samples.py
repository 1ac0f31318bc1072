"""What is written of a photo."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.pipeline.photo.samples import of_colours, of_matte

ALPHA = np.zeros((300, 4), np.float32)
ALPHA[:, 1:] = (0.5, 0.998, 1.0)
OWN = np.full((300, 4, 3), 20_100, np.uint16)  # 78 · 257 + 54
MADE = np.full((300, 4, 3), 78, np.uint8)


def test_a_matte_of_either_depth() -> None:
    assert of_matte(ALPHA, False)[0].tolist() == [0, 128, 254, 255]
    assert of_matte(ALPHA, True)[299].tolist() == [0, 32768, 65404, 65535]


def test_eight_bits_go_through() -> None:
    assert of_colours(MADE, MADE, ALPHA, "composite", False) is MADE
    found = of_colours(MADE, MADE, ALPHA, "alpha", False)
    assert found[0].tolist() == [[78, 78, 78, 0], [78, 78, 78, 128], [78, 78, 78, 254], [78, 78, 78, 255]]


def test_16_bits_come_back_where_the_photo_is_seen() -> None:
    made = MADE.copy()
    made[:, 0] = 10  # the background
    assert of_colours(made, OWN, ALPHA, "composite", False)[299, :, 0].tolist() == [2570, 20073, 20100, 20100]
    made[:, 0] = 0
    found = of_colours(made, OWN, ALPHA, "alpha", False)
    assert found[299, :, 0].tolist() == [0, 20046, 20046, 20100], "faint pixels have nothing of the room's own"
    assert found[299, :, 3].tolist() == [0, 32768, 65404, 65535]


@pytest.mark.parametrize("content", ["alpha", "foreground"])
def test_premultiplied_is_colour_times_alpha(content: str) -> None:
    found = of_colours(MADE, MADE, ALPHA, content, True)  # type: ignore[arg-type]  # the parameters are such words
    assert found[0, :, 0].tolist() == [0, 39, 78, 78]
    assert found.shape[2] == (4 if content == "alpha" else 3)


def test_what_is_no_more_than_half_a_level_is_nothing() -> None:
    faint = np.full((1, 1), 0.4 / 255, np.float32)
    assert not of_colours(np.zeros((1, 1, 3), np.uint8), OWN[:1, :1], faint, "alpha", False).any()
