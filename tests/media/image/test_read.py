"""Picture files of every mode, turned, huge, damaged and disguised."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from livebg.capture import open_source
from livebg.core.errors import BackgroundError, SettingsError, SourceError
from livebg.core.settings import Settings
from livebg.media.image.photo import read_photo
from livebg.media.image.read import NEUTRAL, PictureFile, background_file, load_named, to_rgb
from livebg.scene.backgrounds import open_background
from livebg.scene.backgrounds.still import LARGEST_PX


def file(path: Path) -> PictureFile:
    return background_file(path)


def centre(path: Path) -> list[int]:
    picture = file(path).load(LARGEST_PX)
    return [int(value) for value in picture[picture.shape[0] // 2, picture.shape[1] // 2]]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif", "avif"])
def test_colours_survive_every_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Pillow.new("RGB", (64, 48), (200, 100, 50)).save(path)
    assert np.abs(np.array(centre(path)) - (50, 100, 200)).max() <= 4
    assert file(path).identify() == "still"
    assert file(path).size() == (64, 48)


def test_cmyk_is_not_taken_for_rgb(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Pillow.new("CMYK", (64, 48), (0, 255, 255, 0)).save(path, quality=95)
    blue, green, red = centre(path)
    assert red > 240
    assert max(blue, green) < 15


def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((20, 20), 128 * 257, np.uint16))
    assert centre(path) == [128, 128, 128]


def test_sixteen_bit_colour_keeps_its_tones(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((20, 20, 3), (10 * 257, 20 * 257, 200 * 257), np.uint16))
    assert centre(path) == [10, 20, 200]


def test_transparent_parts_lie_on_a_neutral_tone(tmp_path: Path) -> None:
    for mode, fill in (("RGBA", (255, 0, 0, 0)), ("LA", (255, 0))):
        path = tmp_path / f"{mode}.png"
        Pillow.new(mode, (8, 8), fill).save(path)
        assert centre(path) == [NEUTRAL[2], NEUTRAL[1], NEUTRAL[0]]


def test_a_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture = Pillow.new("P", (8, 8), 1)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.save(path, transparency=0)
    assert centre(path) == [0, 255, 0]


def test_exif_rotation_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, :40] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned clockwise: the left side comes to the top
    Pillow.fromarray(pixels).save(path, exif=exif, quality=95)
    picture = file(path).load(LARGEST_PX)
    assert picture.shape == (80, 40, 3)
    assert picture[10].mean() > 240
    assert picture[-10].mean() < 15
    assert file(path).size() == (40, 80)


def test_a_profile_is_applied_and_a_damaged_one_left_aside(tmp_path: Path) -> None:
    lab = tmp_path / "p.jpg"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Pillow.new("RGB", (16, 16), (10, 200, 30)).save(lab, quality=95, icc_profile=profile.tobytes())
    assert np.abs(np.array(centre(lab)) - (30, 200, 10)).max() <= 4
    broken = tmp_path / "b.png"
    Pillow.new("RGB", (16, 16), (10, 200, 30)).save(broken, icc_profile=b"no profile")
    assert centre(broken) == [30, 200, 10]


@pytest.mark.slow
def test_huge_pictures_are_reduced(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Pillow.new("RGB", (7680, 4320), (9, 90, 200)).save(path, quality=30)
    assert file(path).load(LARGEST_PX).shape == (LARGEST_PX * 9 // 16, LARGEST_PX, 3)


@pytest.mark.slow
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    for height in (12_501, 30_000):  # Pillow only warns of the first
        path = tmp_path / f"{height}.png"
        Pillow.new("1", (20_000, height)).save(path)
        with pytest.raises(BackgroundError, match="too large: over 250 million pixels"):
            file(path).identify()


def test_a_truncated_picture(tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "webp"):
        whole, path = tmp_path / f"w.{suffix}", tmp_path / f"t.{suffix}"
        noise = np.random.default_rng(1).integers(0, 255, (80, 80, 3), np.uint8)
        Pillow.fromarray(noise).save(whole)
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(BackgroundError, match="is the file complete"):
            file(path).load(LARGEST_PX)


def test_damaged_bytes_end_in_a_picture_or_a_background_error(tmp_path: Path) -> None:
    random, refused = np.random.default_rng(5), 0
    for suffix in ("jpg", "png", "webp", "gif", "bmp", "tiff"):
        path = tmp_path / f"a.{suffix}"
        Pillow.fromarray(random.integers(0, 255, (40, 40, 3), np.uint8)).save(path)
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(25):
            broken = whole.copy()
            broken[random.integers(0, len(broken), 12)] = random.integers(0, 255, 12)
            path.write_bytes(broken.tobytes())
            try:
                assert file(path).load(LARGEST_PX).ndim == 3
            except BackgroundError:
                refused += 1
    assert refused > 10


def gray(path: Path) -> list[np.ndarray]:
    """As a background, and as livebg image reads it."""
    return [file(path).load()[..., 0], read_photo(path).image[..., 0]]


RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("a.png", RAMP),
        ("a.tif", RAMP),
        ("a.tif", RAMP.astype(np.float32) / 255),
        ("a.tif", RAMP.astype(np.uint16) * 257),
        ("a.tif", RAMP.astype(">u2") * 257),
        ("a.png", RAMP.astype(np.uint16) * 257),
        ("a.pgm", RAMP.astype(np.uint16) * 257),
        ("a.jp2", RAMP.astype(np.uint16) * 257),
    ],
)
def test_gray_of_every_kind_keeps_its_brightness(tmp_path: Path, name: str, numbers: np.ndarray) -> None:
    path = tmp_path / name
    picture = Pillow.fromarray(numbers)
    if numbers.dtype == ">u2":
        picture = Pillow.frombytes("I;16B", (256, 4), numbers.tobytes())
    picture.save(path)
    for found in gray(path):
        assert np.abs(found.astype(int) - RAMP).max() <= 1


def test_white_is_0_in_some_tiffs_and_12_bits_are_less_than_16(tmp_path: Path) -> None:
    def tiff(numbers: bytes, bits: int, photometric: int) -> Path:
        tags = ImageFileDirectory_v2()
        for tag, value in ((256, 256), (257, 4), (258, bits), (259, 1), (262, photometric), (277, 1), (278, 4)):
            tags[tag] = value
        tags[273], tags[279] = 0, len(numbers)
        path = tmp_path / f"{bits}-{photometric}.tif"
        path.write_bytes(b"II*\0" + (8).to_bytes(4, "little") + tags.tobytes(8) + numbers)
        return path

    for found in gray(tiff((65535 - RAMP.astype("<u2") * 257).tobytes(), 16, 0)):
        assert np.abs(found.astype(int) - RAMP).max() <= 1
    bits = (RAMP.astype(np.uint16).ravel() << 4)[:, None] >> np.arange(11, -1, -1) & 1
    for found in gray(tiff(np.packbits(bits.astype(np.uint8)).tobytes(), 12, 1)):
        assert np.abs(found.astype(int) - RAMP).max() <= 1


@pytest.mark.parametrize(
    "numbers",
    [
        RAMP.astype(np.float32),
        RAMP.astype(np.float32) / 255 - 0.1,
        np.full((4, 4), np.nan, np.float32),
        np.full((4, 4), np.inf, np.float32),
        RAMP.astype(np.int32),
        RAMP.astype(np.int32) * 2**23,
    ],
)
def test_gray_of_which_nobody_says_what_is_white_is_refused(tmp_path: Path, numbers: np.ndarray) -> None:
    path = tmp_path / "a.tif"
    Pillow.fromarray(numbers).save(path)
    with pytest.raises(BackgroundError, match="save it with 8 or 16 bits"):
        file(path).load()
    with pytest.raises(SourceError, match="save it with 8 or 16 bits"):
        read_photo(path)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint32])
def test_colours_of_32_bits_are_refused(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "a.tif"
    numbers = np.zeros((4, 256, 3), kind)
    if kind is np.uint32:
        cv2.imwrite(str(path), numbers.astype(np.float32))
        path.write_bytes(path.read_bytes().replace(b"\x53\x01\x03\0", b"\x54\x01\x03\0"))
    else:
        cv2.imwrite(str(path), numbers)
    for refuse in (lambda: open_background(Settings(background=str(path))), lambda: read_photo(path)):
        with pytest.raises((BackgroundError, SourceError), match="save it again with 8 or 16 bits"):
            refuse()
    with pytest.raises(SourceError, match="save it again with 8 or 16 bits"):
        open_source(Settings(source=str(path)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_mode_of_colours(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.tif"
    red = Pillow.new("RGB", (16, 16), (255, 255, 255) if mode == "1" else (200, 40, 60))
    if mode == "LAB":
        made = ImageCms.profileToProfile(
            red, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
        assert made is not None
        made.save(path)
    else:
        (red.convert("L") if mode in ("LA", "PA") else red).convert(mode).save(path)
    expected = np.asarray(red.convert("L" if mode in ("L", "LA", "PA") else "RGB").convert("RGB"))[8, 8, ::-1]
    for found in (file(path).load(), read_photo(path).image):
        assert np.abs(found[8, 8].astype(int) - expected).max() <= (60 if mode == "P" else 3)


def test_a_text_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("just words\n" * 50)
    assert file(path).identify() == ""


def test_a_phone_s_double_picture_is_a_still_and_a_gif_is_not(tmp_path: Path) -> None:
    pictures = [Pillow.new("RGB", (16, 16), (value, 0, 0)) for value in (10, 250)]
    pictures[0].save(tmp_path / "a.mpo", save_all=True, append_images=pictures[1:])
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=100)
    assert file(tmp_path / "a.mpo").identify() == "still"
    assert file(tmp_path / "a.gif").identify() == "animation"


def test_folders_and_empty_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(BackgroundError, match="empty"):
        file(tmp_path / "empty.jpg").check()
    with pytest.raises(BackgroundError, match="is a folder"):
        file(tmp_path).check()
    with pytest.raises(BackgroundError, match="not a plain file"):
        file(Path("/dev/null")).check()


def test_the_file_that_a_setting_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Pillow.new("RGB", (64, 48), (200, 100, 50)).save(tmp_path / "a.png")
    assert load_named("~/a.png", "plate", SettingsError, "", largest_px=32).shape == (24, 32, 3)
    for name, said in (
        ("~/b.png", r"plate ~/b\.png does not exist \(looked for .*b\.png\); make one"),
        ("~nobody-here/a.png", "plate ~nobody-here/a.png cannot be found"),
        (str(tmp_path), "is a folder; name a picture in it"),
    ):
        with pytest.raises(SettingsError, match=said):
            load_named(name, "plate", SettingsError, "make one")


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Pillow.new("L", (2, 2), 90), (90, 90, 90)),
        (Pillow.new("RGBA", (2, 2), (255, 0, 0, 0)), NEUTRAL),
        (Pillow.new("CMYK", (2, 2), (0, 0, 0, 0)), (255, 255, 255)),
        (Pillow.fromarray(np.full((2, 2), 60 * 257, np.uint16)), (60, 60, 60)),
    ],
)
def test_any_mode_becomes_rgb(picture: Pillow.Image, expected: tuple[int, int, int]) -> None:
    made = to_rgb(picture)
    assert made.mode == "RGB"
    assert made.getpixel((1, 1)) == expected
