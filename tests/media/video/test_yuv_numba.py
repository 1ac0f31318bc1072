"""The compiled conversions, against FFmpeg's exact one and the standard."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from livebg.core.types import Image
from livebg.media.video.yuv_numba import LUMA, NO_SOURCE, from_bgr, prepare, reading, to_bgr, writing

ROUNDED = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
SPACES = {1: Colorspace.ITU709, 6: Colorspace.ITU601, 9: Colorspace.BT2020}


def planes_of(frame: av.VideoFrame) -> list[Image]:
    return [np.frombuffer(memoryview(each), np.uint8) for each in frame.planes]


def sizes_of(frame: av.VideoFrame) -> np.ndarray:
    return np.array((frame.height, frame.width, *(each.line_size for each in frame.planes[:2])), np.uintp)


def picture(height: int, width: int) -> Image:
    """Smooth colours with noise."""
    y, x = np.mgrid[:height, :width]
    smooth = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=2)
    return np.clip(smooth + np.random.default_rng(3).integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(48, 64), (90, 130)])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", sorted(SPACES))
def test_samples_are_ffmpegs(matrix: int, is_full: bool, size: tuple[int, int]) -> None:
    prepare()
    height, width = size
    image = picture(height, width)
    kind = ColorRange.JPEG if is_full else ColorRange.MPEG
    theirs = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(
        format="yuv420p", dst_colorspace=SPACES[matrix], src_color_range=2, dst_color_range=kind, interpolation=ROUNDED
    )
    ours = av.VideoFrame(width, height, "yuv420p")
    lines = np.empty(6 * (width + 1), np.float32)
    rest = writing(matrix, is_full), lines, *planes_of(ours), *NO_SOURCE
    from_bgr(image.reshape(-1), sizes_of(ours), *rest)
    apart = np.abs(ours.to_ndarray().astype(int) - theirs.to_ndarray())
    assert apart[:height].max() <= 1
    assert apart[height:].mean() < 1, "which weighs a fourth pixel beside the three"


@pytest.mark.parametrize("size", [(2, 2), (48, 64), (90, 130)])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", sorted(SPACES))
def test_bgr_is_what_the_standard_says(matrix: int, is_full: bool, size: tuple[int, int]) -> None:
    """Chroma lies at the left of each pair of pixels, between each pair of lines, and is interpolated."""
    height, width = size
    frame = av.VideoFrame.from_ndarray(picture(height, width), format="bgr24").reformat(format="yuv420p")
    made = np.empty((height, width, 3), np.uint8)
    scratch = np.empty(4 * width + 4, np.float32), np.empty(3 * width, np.uint8)
    to_bgr(*planes_of(frame), sizes_of(frame), reading(matrix, is_full), *scratch, made.reshape(-1))

    samples = frame.to_ndarray().astype(np.float32)
    chroma = samples[height:].reshape(2, height // 2, width // 2)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / 2, (np.arange(height, dtype=np.float32) - 0.5) / 2)
    first, second = (cv2.remap(each, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for each in chroma)
    luma = samples[:height] / 255 if is_full else (samples[:height] - 16) / 219
    first, second = ((each - 128) / (255 if is_full else 224) for each in (first, second))
    red_share, blue_share = LUMA[matrix]
    blue, red = luma + 2 * (1 - blue_share) * first, luma + 2 * (1 - red_share) * second
    green = (luma - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    exact = np.clip(np.stack([blue, green, red], axis=-1) * 255, 0, 255)
    assert np.abs(made - exact).max() <= 0.6


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 2)])
def test_the_last_line_and_column_of_an_odd_picture_repeat(size: tuple[int, int]) -> None:
    height, width = size
    image = picture(height, width)
    even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    made = []
    for each in (image, even):
        frame = av.VideoFrame(each.shape[1], each.shape[0], "yuv420p")
        lines = np.empty(6 * (each.shape[1] + 1), np.float32)
        planes = planes_of(frame)
        from_bgr(each.reshape(-1), sizes_of(frame), writing(1, False), lines, *planes, *NO_SOURCE)
        rows = [one.reshape(-1, plane.line_size) for one, plane in zip(planes, frame.planes, strict=True)]
        made.append([one[: plane.height, : plane.width] for one, plane in zip(rows, frame.planes, strict=True)])
    assert (made[0][0] == made[1][0][:height, :width]).all()
    assert all((one == other).all() for one, other in zip(made[0][1:], made[1][1:], strict=True))


def test_gray_stays_gray_by_every_matrix() -> None:
    for matrix in LUMA:
        assert np.abs(writing(matrix, False).reshape(3, 4)[1:, :3].sum(axis=1)).max() < 1e-6
        assert reading(matrix, True)[:2].tolist() == [1, 0.5]


def test_parts_of_two_lines_are_those_of_the_whole_picture() -> None:
    """convert_pair and keep_pair work on any part of a pair of lines, as scene.compositing.planes_numba uses them."""
    height, width, size = 4, 64, 64 * 4
    image, other = picture(height, width).reshape(-1), picture(height, width).reshape(-1).copy()
    other[: 3 * 70] ^= 9
    alpha = np.ones(size, np.float32)
    alpha[100:120] = 0.5
    samples = np.random.default_rng(2).integers(0, 256, size * 3 // 2, dtype=np.uint8)
    made = [np.zeros(each, np.uint8) for each in (size, size // 4, size // 4)]
    sizes = np.array((height, width, width, width // 2), np.uintp)
    factors, lines = writing(1, is_full_range=False), np.empty(6 * (width + 1), np.float32)
    from_bgr(image, sizes, factors, lines, *made, other, alpha.view(np.int32), samples)
    kept = np.concatenate(made) == samples
    assert not kept[: 64 * 2].all()
    assert kept[64 * 2 :][: 64 * 2].all(), "there picture and source are the same"
