"""frame · alpha + background · (1 − alpha), by hand on tiny pictures; and the person's own colours instead."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, Matte
from livebg.scene.compositing.compositor import Compositor, cut_out, over, prepare

RNG = np.random.default_rng(4)
OWN, PLAIN = Settings(), Settings(foreground="plain")
ALL_ON = Settings(light_wrap=1, colour_match=1, low_light=1)


def _flat(level: int) -> Image:
    return np.full((4, 6, 3), level, np.uint8)


def _frame(image: Image, media_time_s: float = 0.0) -> Frame:
    return Frame(image, 0, 0.0, media_time_s)


def _noise(height: int, width: int) -> tuple[Image, Matte, Image]:
    image, background = RNG.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    return image, RNG.random((height, width), dtype=np.float32), background


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
    alpha[2, 3], alpha[1, 1] = 1, 0.4 / 255
    for result in (cut_out(_flat(200), alpha), Compositor().cut_out(_frame(_flat(200)), alpha, OWN)):
        assert result[2, 3].tolist() == [200] * 3
        assert int(result.sum()) == 600


def test_a_cut_out_of_nobody_who_is_sure_holds_next_to_nothing_of_the_camera() -> None:
    alpha = np.full((90, 160), 12 / 255, np.float32)
    assert cut_out(np.full((90, 160, 3), 200, np.uint8), alpha).max() <= 2


def test_pictures_of_any_size_that_may_not_be_written_to_or_lie_in_larger_ones() -> None:
    large = RNG.integers(0, 256, (2, 90, 160, 3), dtype=np.uint8)
    alpha = RNG.random((90, 160), dtype=np.float32)
    large.flags.writeable = alpha.flags.writeable = False
    prepare()
    image, background, inside = large[0, 3:40, 5:60], large[1, 3:40, 5:60], alpha[3:40, 5:60]
    exact = inside[..., None] * image.astype(np.float64) + (1 - inside[..., None]) * background
    assert np.abs(over(image, inside, background) - exact).max() <= 1
    assert np.array_equal(cut_out(image, inside), cut_out(image.copy(), inside.copy()))
    own = Compositor().over(_frame(image), inside, background, ALL_ON, large[1, 3:40, 5:60])
    alone = Compositor().over(_frame(image.copy()), inside.copy(), background.copy(), ALL_ON, background.copy())
    assert np.array_equal(own, alone)


def test_a_result_belongs_to_its_receiver() -> None:
    first = over(_flat(200), np.ones((4, 6), np.float32), _flat(50))
    over(_flat(9), np.ones((4, 6), np.float32), _flat(50))
    cut_out(_flat(9), np.zeros((4, 6), np.float32))
    assert (first == 200).all()


def test_plain_is_the_plain_form_to_the_byte() -> None:
    image, alpha, background = _noise(50, 133)
    compositor = Compositor()
    assert np.array_equal(compositor.over(_frame(image), alpha, background, PLAIN), over(image, alpha, background))
    assert np.array_equal(
        compositor.cut_out(_frame(image), alpha, PLAIN), compositor.cut_out(_frame(image), alpha, OWN)
    )


@pytest.mark.parametrize("settings", [OWN, ALL_ON])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 129), (50, 133), (150, 400)])
def test_of_the_room_nothing_passes_where_alpha_is_0(size: tuple[int, int], settings: Settings) -> None:
    image, alpha, background = _noise(*size)
    alpha[RNG.random(size) < 0.5] = 0
    compositor, other = Compositor(), np.where(alpha[..., None] > 0, image, 255 - image)
    result = compositor.over(_frame(image), alpha, background, settings)
    assert np.array_equal(result[alpha == 0], background[alpha == 0])
    assert not compositor.cut_out(_frame(other), alpha, settings)[alpha == 0].any()


@pytest.mark.parametrize("size", [(1, 1), (50, 133), (150, 400)])
def test_where_alpha_is_1_the_person_is_the_cameras(size: tuple[int, int]) -> None:
    image, alpha, background = _noise(*size)
    alpha[RNG.random(size) < 0.5] = 1
    for plate in (None, background):
        result = Compositor().over(_frame(image), alpha, background, OWN, plate)
        assert np.array_equal(result[alpha == 1], image[alpha == 1])


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_flat_alpha_over_everything(level: float) -> None:
    image, _, background = _noise(90, 160)
    alpha = np.full((90, 160), level, np.float32)
    result = Compositor().over(_frame(image), alpha, background, OWN)
    exact = level * image.astype(float) + (1 - level) * background
    if level != 0.5:
        assert np.array_equal(result, exact)
    assert np.abs(result.mean((0, 1)) - exact.mean((0, 1))).max() < 3


def test_frames_of_changing_size_are_each_as_if_they_were_the_first() -> None:
    compositor = Compositor()
    for size in ((50, 133), (133, 50), (50, 133)):
        image, alpha, background = _noise(*size)
        again = Compositor().over(_frame(image), alpha, background, OWN)
        assert np.array_equal(compositor.over(_frame(image), alpha, background, OWN), again)


def test_a_plate_of_another_size_is_our_own_mistake() -> None:
    image, alpha, background = _noise(20, 30)
    with pytest.raises(AssertionError, match="a plate of"):
        Compositor().over(_frame(image), alpha, background, OWN, background[1:])


def test_light_wrap_brings_the_backgrounds_light_to_the_edge_and_not_far_inside() -> None:
    alpha = np.zeros((144, 256), np.float32)
    alpha[:, 100:] = 1
    image, background = np.full((2, 144, 256, 3), 60, np.uint8)
    background[:] = (250, 120, 60)
    result = Compositor().over(_frame(image), alpha, background, Settings(light_wrap=1))
    assert (result[:, :100] == background[:, :100]).all()
    edge, inside = result[70, 100].astype(int), result[70, 140]
    assert edge[0] > 60 + 50
    assert edge[0] > edge[1] > edge[2] > 60
    assert (inside == 60).all()


def test_tones_change_the_person_alone_and_reset_forgets_them() -> None:
    image, background = np.full((2, 90, 160, 3), 30, np.uint8)
    background[:] = 200
    alpha = np.zeros((90, 160), np.float32)
    alpha[:, 60:] = 1
    compositor, lifted = Compositor(), Settings(low_light=1)
    dark = compositor.over(_frame(image), alpha, background, lifted)
    assert (dark[:, 80:] > 60).all()
    assert (dark[:, :60] == 200).all()
    bright = np.full_like(image, 150)
    soon = compositor.over(_frame(bright, 0.1), alpha, background, lifted)
    assert (soon[:, 80:] > 150).all()
    compositor.reset()
    assert np.array_equal(compositor.over(_frame(bright, 0.2), alpha, background, lifted)[:, 80:], bright[:, 80:])
    assert (compositor.cut_out(_frame(image, 30), alpha, lifted)[:, 80:] > 30).all()
