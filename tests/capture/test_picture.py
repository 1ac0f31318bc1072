"""Pictures of every kind come out upright, 8-bit, without alpha, and in BGR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.capture.playback import Still, load_picture
from livebg.core.errors import SourceError
from livebg.media.image import read
from livebg.media.image.read import NEUTRAL

RED = (255, 0, 0)


def load(path: Path) -> np.ndarray:
    image = load_picture(path)
    assert image is not None
    assert image.dtype == np.uint8
    return image


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "YCbCr"])
def test_colour_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.tif"
    colour = Pillow.new("RGB", (6, 4), RED).convert(mode)
    (colour.convert("CMYK") if mode == "YCbCr" else colour).save(path)
    assert np.abs(load(path).astype(int) - (0, 0, 255)).max() <= 2


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.mp4"
    Pillow.new("RGB", (6, 4), RED).save(path, format="PNG")
    assert load(path).shape == (4, 6, 3)


def test_sixteen_bits_keep_their_brightness(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Pillow.fromarray(np.full((4, 6), 0x8080, np.uint16)).save(path)
    assert np.array_equal(load(path), np.full((4, 6, 3), 0x80, np.uint8))


def test_alpha_is_laid_over_a_neutral_tone(tmp_path: Path) -> None:
    path = tmp_path / "clear.png"
    Pillow.new("RGBA", (2, 2), (255, 0, 0, 128)).save(path)
    red, green, blue = NEUTRAL
    assert np.abs(load(path)[0, 0].astype(int) - (blue // 2, green // 2, (red + 255) // 2)).max() <= 1


def test_transparent_palette_colour(tmp_path: Path) -> None:
    path = tmp_path / "palette.gif"
    picture = Pillow.new("P", (2, 2), 0)
    picture.putpalette([10, 20, 30] * 256)
    picture.save(path, transparency=0)
    assert load(path)[0, 0].tolist() == list(reversed(NEUTRAL))


def test_exif_rotation(tmp_path: Path) -> None:
    path = tmp_path / "lying.jpg"
    pixels = np.zeros((16, 48, 3), np.uint8)
    pixels[:, :24] = RED
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turn clockwise by a quarter to see it upright
    Pillow.fromarray(pixels).save(path, exif=exif, quality=95)
    image = load(path)
    assert image.shape == (48, 16, 3)
    assert image[4, 8, 2] > 200, "what was left is above"
    assert image[44, 8, 2] < 50


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (7680, 4320)])
def test_smallest_and_largest(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "size.bmp"
    Pillow.new("L", size, 9).save(path)
    assert load(path).shape == (size[1], size[0], 3)


def test_a_moving_gif_is_no_still(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    pictures = [Pillow.new("RGB", (8, 8), (shade, 0, 0)) for shade in (10, 200)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    assert load_picture(path) is None


def test_no_picture_at_all(tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("not a picture")
    assert load_picture(path) is None


def test_damaged(tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Pillow.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(SourceError, match=r"half\.png cannot be decoded"):
        load_picture(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.png"
    Pillow.new("RGB", (20, 20)).save(path)
    for limit in (399, 300, 100):  # a little over Pillow's limit it warns, far over it refuses
        monkeypatch.setattr(read, "LARGEST_PX", limit)
        with pytest.raises(SourceError, match="too large"):
            load_picture(path)


def test_still_repeats_or_comes_once(tmp_path: Path) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    repeats = Still(tmp_path / "a.png", image, 20.0, "own").pictures()
    assert [next(repeats).media_time_s for _ in range(3)] == [0.0, 0.05, 0.1]
    assert len(list(Still(tmp_path / "a.png", image, 20.0, "every-frame").pictures())) == 1
