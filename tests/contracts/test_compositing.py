"""Everything that composites, over every class of float at every place in a block: what is not surely above its lowest
level is the background, to the byte; what is finite and above 1 is the person.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import cv2
import numpy as np
import pytest
import torch

from livebg.core.settings import Settings
from livebg.core.types import LOWEST_ALPHA, Composite, Frame, Image, Matte, fault_of, usable
from livebg.core.types import Alpha as SmallAlpha
from livebg.media.video import layers
from livebg.pipeline.photo.samples import of_colours, of_matte
from livebg.scene.backgrounds import blur_torch as gpu_blur
from livebg.scene.backgrounds.blur import blurred
from livebg.scene.compositing import over_torch as gpu
from livebg.scene.compositing.compositor import Compositor, cut_out, over
from livebg.scene.compositing.foreground_torch import Foreground
from livebg.scene.framing.crop_numba import crop

MARKER = (255, 0, 255)
NOTHING = np.array(
    [
        *(-0.0, 0.0, -1.0, -0.5, -1e-30, -1e-40, 1e-40, 1e-45, 1e-38, 1e-3, -3e38),
        *(np.nan, -np.nan, np.inf, -np.inf, np.nextafter(LOWEST_ALPHA, np.float32(0))),
    ],
    np.float32,
)
SIGNALLING = np.array([0x7F800001, 0x7FFFFFFF, 0xFF800001, 0x80000001, 0x80800000], np.uint32).view(np.float32)
BACKGROUND = np.concatenate([NOTHING, SIGNALLING])
ALL = np.array([1, np.nextafter(np.float32(1), np.float32(2)), 1.5, 255, 3e38], np.float32)
SIZES = [(1, 1), (1, 127), (1, 128), (3, 171), (33, 129)]  # starts, tails, odd widths
FOREGROUNDS = [Settings(), Settings(foreground="plain"), Settings(light_wrap=1, colour_match=1, low_light=1)]
Way = Callable[[Image, Matte, Image], Image]


def _host(settings: Settings) -> Way:
    return lambda image, alpha, behind: Compositor().over(Frame(image, 0, 0.0, 0.0), alpha, behind, settings)


def _host_cut(settings: Settings) -> Way:
    return lambda image, alpha, _: Compositor().cut_out(Frame(image, 0, 0.0, 0.0), alpha, settings)


def _planes(image: Image) -> torch.Tensor:
    return gpu.to_planes(torch.from_numpy(image), torch.float32)


def _device(image: Image, alpha: Matte, behind: Image) -> Image:
    return gpu.to_bgr(gpu.over(_planes(image), gpu.usable(torch.from_numpy(alpha)), _planes(behind))).numpy()


def _device_cut(image: Image, alpha: Matte, _: Image) -> Image:
    share = torch.from_numpy(alpha)
    person = Foreground(*alpha.shape, "cpu", torch.float32)(_planes(image), share, is_cut_out=True)
    return gpu.to_bgr(gpu.cut_out(person, gpu.usable(share))).numpy()


OVERS: dict[str, Way] = {"over": over, "device": _device} | {f"own {i}": _host(e) for i, e in enumerate(FOREGROUNDS)}
CUTS: dict[str, Way] = {"cut_out": lambda image, alpha, _: cut_out(image, alpha), "device": _device_cut} | {
    f"own {i}": _host_cut(e) for i, e in enumerate(FOREGROUNDS)
}


def _scene(size: tuple[int, int], at: int, kinds: np.ndarray, rest: float) -> tuple[Image, Matte, Image, np.ndarray]:
    """The marked room, an alpha with each kind in turn from pixel `at` on and `rest` between them, what is behind, and
    where the kinds are."""
    image, behind = np.full((*size, 3), MARKER, np.uint8), np.full((*size, 3), (10, 200, 30), np.uint8)
    alpha = np.full(size[0] * size[1], rest, np.float32)
    places = np.arange(at, alpha.size, 2 + at % 3)
    alpha[places] = kinds[np.arange(places.size) % kinds.size]
    is_kind = np.zeros(alpha.size, bool)
    is_kind[places] = True
    return image, alpha.reshape(size), behind, is_kind.reshape(size)


def _starts(size: tuple[int, int]) -> list[int]:
    return [each for each in (0, 1, 15, 16) if each < size[0] * size[1]]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", OVERS)
def test_over_shows_the_background_where_alpha_is_not_surely_something(name: str, size: tuple[int, int]) -> None:
    for at, rest in product(_starts(size), (0.0, 0.5, 1.0)):
        image, alpha, behind, is_kind = _scene(size, at, BACKGROUND, rest)
        result = OVERS[name](image, alpha, behind)
        assert np.array_equal(result[is_kind], behind[is_kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", BACKGROUND, ids=lambda each: f"{each.view(np.uint32):08x}")
@pytest.mark.parametrize("name", OVERS)
def test_a_whole_picture_of_one_of_them_is_the_background(name: str, kind: np.float32) -> None:
    image, _, behind, _ = _scene((36, 160), 0, BACKGROUND, 0.0)
    alpha = np.full((36, 160), 0, np.float32)
    alpha.view(np.uint32)[:] = kind.view(np.uint32)
    assert np.array_equal(OVERS[name](image, alpha, behind), behind)
    if name in CUTS:
        assert not CUTS[name](image, alpha, behind).any()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", CUTS)
def test_a_cut_out_is_black_there(name: str, size: tuple[int, int]) -> None:
    for at, rest in product(_starts(size)[: 1 if name == "device" else None], (0.0, 0.5, 1.0)):
        image, alpha, behind, is_kind = _scene(size, at, BACKGROUND, rest)
        assert not CUTS[name](image, alpha, behind)[is_kind].any()


@pytest.mark.parametrize("name", ["over", "device", "own 0", "own 1"])
def test_what_is_finite_and_above_1_is_the_person(name: str) -> None:
    image, alpha, behind, is_kind = _scene((33, 129), 3, ALL, 0.0)
    assert np.array_equal(OVERS[name](image, alpha, behind)[is_kind], image[is_kind])


@pytest.mark.parametrize("content", ["alpha", "foreground", "composite"])
@pytest.mark.parametrize("is_premultiplied", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_photos_samples_hold_nothing_there(content: str, is_premultiplied: bool, depth: type) -> None:
    for at in (0, 1, 2):
        image, alpha, behind, is_kind = _scene((33, 129), at, BACKGROUND, 0.5)
        own = np.random.default_rng(at).integers(0, np.iinfo(depth).max, image.shape, dtype=depth)
        made = over(image, alpha, behind) if content == "composite" else cut_out(image, alpha)
        samples = of_colours(made, own, alpha, content, is_premultiplied)  # type: ignore[arg-type]
        scale = 257 if depth is np.uint16 else 1
        expected = scale * behind[is_kind].astype(int) if content == "composite" else 0
        assert np.array_equal(samples[is_kind][:, :3], np.broadcast_to(expected, (np.count_nonzero(is_kind), 3)))
        if content == "alpha":
            assert not samples[is_kind][:, 3].any()


def test_mattes_and_alpha_planes_are_0_there_and_full_above_1() -> None:
    _, alpha, _, is_kind = _scene((33, 129), 3, BACKGROUND, 0.5)
    for mattes in (layers.eight_bits(alpha), of_matte(alpha, False), of_matte(alpha, True) // 256):
        assert not mattes[is_kind].any()
        assert abs(int(mattes[~is_kind].min()) - 128) <= 1
    _, alpha, _, is_kind = _scene((33, 129), 3, ALL, 0.0)
    assert (layers.eight_bits(alpha)[is_kind] == 255).all()
    assert (of_matte(alpha, True)[is_kind] == 65535).all()


def test_a_transparent_composite_over_black_is_black_there() -> None:
    image, alpha, _, is_kind = _scene((33, 129), 3, BACKGROUND, 0.5)
    composite = Composite(cut_out(image, alpha), Frame(image, 0, 0.0, 0.0), alpha, is_transparent=True)
    assert not layers.colour(composite)[is_kind].any()
    assert not layers.colour_and_alpha(composite)[is_kind].any()


def test_a_colour_is_never_left_behind_an_alpha_of_0() -> None:
    around = np.arange(-200, 200) + np.float32(0.5 / 255).view(np.int32)
    alpha = np.ascontiguousarray(around.astype(np.int32).view(np.float32).reshape(4, 100))
    made = cut_out(np.full((4, 100, 3), MARKER, np.uint8), alpha)
    assert not made[layers.eight_bits(alpha) == 0].any()


def test_a_blur_stays_a_picture() -> None:
    image, alpha, _, _ = _scene((90, 160), 3, BACKGROUND, 0.0)
    plain = blurred(image, np.zeros_like(alpha), 6.0)
    assert np.abs(blurred(image, alpha, 6.0).astype(int) - plain).max() <= 1
    device = gpu_blur.Blur(90, 160, 6.0, "cpu", torch.float32)(_planes(image), torch.from_numpy(alpha))
    assert np.abs(device.permute(1, 2, 0).numpy() - plain).max() <= 1


def test_usable_is_the_very_same_where_nothing_is_wrong() -> None:
    fine = np.array([[0, 0.5, 1]], np.float32)
    assert usable(fine) is fine
    assert usable(BACKGROUND).max() <= LOWEST_ALPHA
    assert usable(ALL).tolist() == [1] * len(ALL)
    assert usable(np.empty((0, 3), np.float32)).shape == (0, 3)


def test_a_small_alpha_of_them_is_refused() -> None:
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.0, 0.0)
    for kind in BACKGROUND:
        if not 0 <= kind <= 1:
            assert fault_of(SmallAlpha(np.full((4, 4), kind, np.float32), 0), frame), repr(kind)


def test_frames_cropped_by_framing_hold_nothing_new() -> None:
    image, alpha, behind, _ = _scene((90, 160), 3, np.array([-0.0, 0.0], np.float32), 0.0)
    part, matte = crop(image, alpha, 0.21, 0.13, 0.37)
    assert np.array_equal(over(part, matte, behind), behind)
    assert cv2.countNonZero(matte) == 0
