"""A film's pictures: right colours for each matrix, range and depth, upright, and the decoded samples as they are."""

from __future__ import annotations

import io
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from written_films import images_of, turned, written

from livebg.core.types import Image
from livebg.media.video.convert import ALPHA_DROPPED, PictureMaker, colour_of, is_i420_like, losses_of, rgba_of
from livebg.media.video.reader import Film
from livebg.media.video.types import Colour

LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # of red and blue, by matrix
LOSSLESS = ("-c:v", "libx264", "-qp", "0")


def bgr(luma: Image, u: Image, v: Image, matrix: int, is_full_range: bool) -> Image:
    """What ITU-T H.273 says that 8 bit samples (H, W) of full size mean."""
    red, blue = LUMA[matrix]
    y = luma / 255.0 if is_full_range else (luma - 16.0) / 219
    pb, pr = ((each - 128.0) / (255 if is_full_range else 224) for each in (u, v))
    b, r = y + 2 * (1 - blue) * pb, y + 2 * (1 - red) * pr
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.stack([b, g, r], axis=-1) * 255, 0, 255)


def flat(form: str, matrix: int, color_range: int, yuv: tuple[int, int, int], width: int = 64) -> av.VideoFrame:
    frame = av.VideoFrame(width, 48, form)
    for plane, value in zip(frame.planes, yuv, strict=False):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace, frame.color_range = matrix, color_range
    return frame


@pytest.mark.parametrize("yuv", [(16, 128, 128), (235, 128, 128), (81, 90, 200), (120, 170, 90)])
@pytest.mark.parametrize("color_range", [1, 2])
@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize("form", ["yuv420p", "yuv422p", "yuv444p"])
def test_matrix_and_range(form: str, matrix: int, color_range: int, yuv: tuple[int, int, int]) -> None:
    frame = flat(form, matrix, color_range, yuv)
    image = PictureMaker("film", frame).image(frame)
    expected = bgr(*(np.array(each) for each in yuv), matrix, color_range == 2)
    assert np.abs(image.astype(float) - expected).max() <= 1.1


@pytest.mark.parametrize("width", [64, 1280])
def test_a_film_without_a_tag_is_bt601_and_says_so(width: int) -> None:
    frame = flat("yuv420p", 2, 0, (81, 90, 200), width)
    maker = PictureMaker("film", frame)
    assert maker.colour == Colour(6, 1, 1, is_full_range=False)
    expected = bgr(*(np.array(each) for each in (81, 90, 200)), 6, is_full_range=False)
    assert np.abs(maker.image(frame).astype(float) - expected).max() <= 1.1


@pytest.mark.parametrize(
    ("form", "matrix", "expected"),
    [
        ("bgr24", 0, Colour(6, 1, 1, is_full_range=False)),
        ("yuvj420p", 5, Colour(5, 1, 1, is_full_range=True)),
        ("yuv420p10le", 9, Colour(9, 9, 1, is_full_range=False)),
        ("gray", 2, Colour(6, 1, 1, is_full_range=False)),
    ],
)
def test_colour_of(form: str, matrix: int, expected: Colour) -> None:
    frame = av.VideoFrame(64, 48, form)
    frame.colorspace = matrix
    assert colour_of(frame) == expected


@pytest.mark.slow
def test_every_pixel_is_what_the_standard_says(tmp_path: Path) -> None:
    """Chroma lies at the left of each pair of pixels, between each pair of lines, and is interpolated."""
    film = Film(written(tmp_path / "film.mkv", "-pix_fmt", "yuv420p", *LOSSLESS, "-colorspace", "bt709", length_s=0.2))
    frame = next(film.frames(0, 0))
    assert frame.planes is not None
    luma, chroma = frame.planes[:96], frame.planes[96:].reshape(2, 48, 64).astype(np.float32)
    x, y = np.meshgrid(np.arange(128, dtype=np.float32) / 2, (np.arange(96, dtype=np.float32) - 0.5) / 2)
    u, v = (cv2.remap(each, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for each in chroma)
    difference = np.abs(frame.image - bgr(luma.astype(float), u, v, 1, is_full_range=False))
    assert difference.max() < 2
    assert difference.mean() < 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "codec", "has_planes"),
    [
        ("yuv420p", LOSSLESS, True),
        ("yuv420p10le", LOSSLESS, True),
        ("yuv422p10le", LOSSLESS, False),
        ("yuv444p", LOSSLESS, False),
        ("gray", LOSSLESS, False),
        ("gray16le", ("-c:v", "ffv1"), False),
        ("bgr0", ("-c:v", "ffv1"), False),
        ("pal8", ("-c:v", "png"), False),
        ("yuva444p10le", ("-c:v", "prores_ks"), False),
    ],
)
def test_pixel_formats(tmp_path: Path, form: str, codec: tuple[str, ...], has_planes: bool) -> None:
    """Each shows the pattern as the plainest does."""
    plain = images_of(Film(written(tmp_path / "plain.mov", "-c:v", "png", length_s=0.2)), 0, 0)[0].astype(float)
    film = Film(
        written(
            tmp_path / "film.mov" if codec[1] != "ffv1" else tmp_path / "film.mkv",
            "-pix_fmt",
            form,
            *codec,
            length_s=0.2,
        )
    )
    frame = next(film.frames(0, 0))
    assert (frame.planes is not None) == (has_planes or (form == "gray" and codec == LOSSLESS))
    shown = plain if "gray" not in form else plain @ [[0.114], [0.587], [0.299]] @ np.ones((1, 3))
    assert np.abs(frame.image - shown).mean() < 8
    assert np.abs(frame.image.mean(axis=(0, 1)) - shown.mean(axis=(0, 1))).max() < 3
    is_deep = "10" in form or "16" in form
    assert any("bit → 8 bit" in each for each in film.info.notes) == is_deep


@pytest.mark.slow
def test_ten_bits_keep_matrix_and_range(tmp_path: Path) -> None:
    deep = ("-pix_fmt", "yuv420p10le", *LOSSLESS, "-colorspace", "bt709", "-color_range", "pc")
    frame = next(Film(written(tmp_path / "deep.mkv", "-vf", "scale=out_range=pc", *deep, length_s=0.2)).frames(0, 0))
    shallow = ("-pix_fmt", "yuv420p", *LOSSLESS)
    other = next(Film(written(tmp_path / "8.mkv", "-vf", "scale=out_range=pc", *shallow, length_s=0.2)).frames(0, 0))
    assert frame.planes is not None
    assert np.abs(frame.planes.astype(int) - other.planes).mean() < 1


@pytest.mark.slow
@pytest.mark.parametrize(("degrees", "times"), [(90, 1), (180, 2), (-90, 3)])
def test_turned_upright_with_its_planes_and_pixel_aspect(tmp_path: Path, degrees: int, times: int) -> None:
    lying = written(tmp_path / "lying.mp4", "-vf", "setsar=4/3", "-pix_fmt", "yuv420p", *LOSSLESS, length_s=0.2)
    film, other = Film(turned(lying, tmp_path / "turned.mp4", degrees)), Film(lying)
    frame, plain = next(film.frames(0, 0)), next(other.frames(0, 0))
    assert np.array_equal(frame.image, np.rot90(plain.image, times))
    assert frame.planes is not None
    assert plain.planes is not None
    width, height = (128, 96) if degrees == 180 else (96, 128)
    assert (film.info.width, film.info.height) == (width, height)
    assert np.array_equal(frame.planes[:height], np.rot90(plain.planes[:96], times))
    u, v = frame.planes[height:].reshape(2, height // 2, width // 2)
    plain_u, plain_v = plain.planes[96:].reshape(2, 48, 64)
    assert np.array_equal(u, np.rot90(plain_u, times))
    assert np.array_equal(v, np.rot90(plain_v, times))
    assert film.info.pixel_aspect == (other.info.pixel_aspect if degrees == 180 else 1 / other.info.pixel_aspect)


def test_odd_sizes_have_no_planes(tmp_path: Path) -> None:
    film = Film(
        written(tmp_path / "odd.mkv", "-vf", "scale=37:21", "-pix_fmt", "yuv420p", "-c:v", "ffv1", length_s=0.2)
    )
    frame = next(film.frames(0, 0))
    assert frame.image.shape == (21, 37, 3)
    assert frame.planes is None


def test_what_is_i420_like() -> None:
    kinds = ("yuv420p", "yuvj420p", "nv12", "p010le", "yuva420p", "yuv422p", "yuv410p", "bgr24", "gray", "pal8")
    assert [each for each in kinds if is_i420_like(av.VideoFrame(64, 48, each))] == list(kinds[:5])


@pytest.mark.parametrize("alpha", [255, 254])
def test_only_an_animation_that_is_transparent_loses_that(alpha: int) -> None:
    """FFmpeg gives every GIF an alpha."""
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 4), alpha, np.uint8), format="bgra")
    with av.open(io.BytesIO(), "w", format="mov") as container:
        losses = losses_of(container.add_stream("png", rate=25), frame)
    assert losses == (() if alpha == 255 else (ALPHA_DROPPED,))


@pytest.mark.parametrize("is_exact", [True, False])
@pytest.mark.parametrize("width", [18, 20, 64, 500])
def test_an_opaque_backdrop_is_so_in_its_last_columns_too(is_exact: bool, width: int) -> None:
    """swscale's quick way to four bytes a pixel left out up to four columns, which then showed what was in memory."""
    frame = flat("yuva420p", 1, 1, (180, 128, 128), width)
    frame.planes[3].update(bytes([255]) * frame.planes[3].buffer_size)
    image = PictureMaker("backdrop", frame, is_exact=is_exact, is_backdrop=True).image(frame)
    assert np.ptp(image) <= 2
    assert rgba_of(frame).shape == (48, width, 4)
    assert np.ptp(rgba_of(frame)[..., :3]) <= 2
    assert rgba_of(frame)[..., 3].min() >= 254
