"""frame · alpha + background · (1 − alpha), by hand on tiny pictures."""

from __future__ import annotations

import numpy as np

from livebg.scene.compose import cut_out, over, prepare


def _flat(level: int) -> np.ndarray:
    return np.full((4, 6, 3), level, np.uint8)


def test_alpha_0_is_the_background_and_1_the_frame() -> None:
    frame, background = _flat(200), _flat(50)
    assert (over(frame, np.zeros((4, 6), np.float32), background) == 50).all()
    assert (over(frame, np.ones((4, 6), np.float32), background) == 200).all()


def test_a_soft_alpha_mixes_and_leaves_its_inputs_alone() -> None:
    frame, background, alpha = _flat(200), _flat(100), np.zeros((4, 6), np.float32)
    alpha[1, 2], alpha[2, 4] = 0.5, 0.25
    result = over(frame, alpha, background)
    assert result[1, 2].tolist() == [150] * 3
    assert result[2, 4].tolist() == [125] * 3
    assert (result[0] == 100).all()
    assert (background == 100).all()
    assert (frame == 200).all()


def test_a_cut_out_holds_no_colour_behind_a_transparent_pixel() -> None:
    alpha = np.zeros((4, 6), np.float32)
    alpha[2, 3], alpha[1, 1] = 0.5, 0.4 / 255
    result = cut_out(_flat(200), alpha)
    assert result[2, 3].tolist() == [200] * 3
    assert int(result.sum()) == 600


def test_pictures_of_any_size_that_may_not_be_written_to_or_lie_in_larger_ones() -> None:
    random = np.random.default_rng(4)
    large = random.integers(0, 256, (2, 90, 160, 3), dtype=np.uint8)
    alpha = random.random((90, 160), dtype=np.float32)
    large.flags.writeable = alpha.flags.writeable = False
    prepare()
    image, background, inside = large[0, 3:40, 5:60], large[1, 3:40, 5:60], alpha[3:40, 5:60]
    exact = inside[..., None] * image.astype(np.float64) + (1 - inside[..., None]) * background
    assert np.abs(over(image, inside, background) - exact).max() <= 1
    assert np.array_equal(cut_out(image, inside), np.where((inside >= 0.5 / 255)[..., None], image, 0))


def test_a_result_belongs_to_its_receiver() -> None:
    first = over(_flat(200), np.ones((4, 6), np.float32), _flat(50))
    over(_flat(9), np.ones((4, 6), np.float32), _flat(50))
    cut_out(_flat(9), np.zeros((4, 6), np.float32))
    assert (first == 200).all()
