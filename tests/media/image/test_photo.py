"""Photos as files: colours, depth, orientation, transparency; and what is no photo."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import photos
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from livebg.core.errors import SourceError
from livebg.media.image.photo import in_eight_bits, photo_of, read_photo
from livebg.media.image.png_chunks import with_about
from livebg.media.image.types import About
from livebg.media.image.write import tiff_file

NAME = Path("a picture")
DEEP = photos.scene().astype(np.uint16) * 256 + np.arange(40, dtype=np.uint16)[:, None, None]


def _deep_png(bgr: np.ndarray, about: About = About()) -> bytes:  # noqa: B008 - frozen
    return with_about(cv2.imencode(".png", bgr)[1], about)


def test_a_picture_in_memory_lies_as_it_is_in_srgb() -> None:
    rgb = photos.scene()
    picture = Pillow.fromarray(rgb)
    picture.getexif()[0x0112] = 6
    photo = photo_of(picture)
    assert np.array_equal(photo.image, rgb[..., ::-1])
    assert photo.own is photo.image
    wide = Pillow.fromarray(rgb)
    wide.info["icc_profile"] = photos.wide_profile()
    assert not np.array_equal(photo_of(wide).image, photo.image), "its colours are not sRGB's"
    with pytest.raises(SourceError, match=r"picture in memory .* it is 0x0 px"):
        photo_of(Pillow.new("RGB", (0, 0)))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_upright(turn: int, kind: str) -> None:
    data = photos.file_of(photos.scene(), kind, exif=photos.exif(turn))
    with Pillow.open(io.BytesIO(data)) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))[..., ::-1]
    photo = read_photo(NAME, data)
    assert (photo.own == expected).all()
    assert (photo.image == expected).all()


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_of_16_bits(turn: int) -> None:
    tags = Pillow.Exif()
    tags[0x0112] = turn
    expected = np.asarray(ImageOps.exif_transpose(read_as_8(tags)))
    photo = read_photo(NAME, _deep_png(np.ascontiguousarray(DEEP[..., ::-1]), About(exif=tags.tobytes())))
    assert photo.is_deep
    assert (photo.own[..., ::-1] // 256 == expected).all()


def read_as_8(tags: Pillow.Exif) -> Pillow.Image:
    return Pillow.open(io.BytesIO(photos.file_of((DEEP // 256).astype(np.uint8), "PNG", exif=tags)))


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_16_bits_are_read_whole(kind: str) -> None:
    bgr = np.ascontiguousarray(DEEP[..., ::-1])
    data = _deep_png(bgr, photos.about()) if kind == "png" else tiff_file(DEEP, photos.about(), False)
    photo = read_photo(NAME, data)
    assert (photo.own == bgr).all()
    assert (photo.image == in_eight_bits(bgr)).all()
    assert photo.about.profile == photos.SRGB


def test_16_bits_of_gray_and_of_alpha() -> None:
    gray = np.ascontiguousarray(DEEP[..., 0])
    assert (read_photo(NAME, _deep_png(gray)).own == gray[..., None]).all()
    share = np.full((40, 60, 1), 30000, np.uint16)
    photo = read_photo(NAME, _deep_png(np.concatenate([DEEP, share], axis=2)))
    assert photo.transparency == pytest.approx(30000 / 65535)


def test_own_colours_are_kept_and_looked_at_as_srgb() -> None:
    profile = photos.wide_profile()
    photo = read_photo(NAME, photos.file_of(photos.scene(), "PNG", icc_profile=profile))
    assert (photo.own == photos.scene()[..., ::-1]).all()
    assert photo.about.profile == profile
    assert np.abs(photo.image[..., 2].astype(int) - photos.scene()[..., 1]).max() <= 2


def test_a_damaged_profile_is_left_aside() -> None:
    photo = read_photo(NAME, photos.file_of(photos.scene(), "PNG", icc_profile=photos.SRGB[:150]))
    assert photo.about.profile == b""
    assert (photo.own == photos.scene()[..., ::-1]).all()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_other_modes_become_colours(mode: str) -> None:
    picture = Pillow.fromarray(photos.scene())
    picture = Pillow.fromarray(DEEP[..., 0]) if mode == "I;16" else picture.convert(mode)
    stream = io.BytesIO()
    picture.save(stream, "TIFF" if mode in ("CMYK", "I;16") else "PNG")
    photo = read_photo(NAME, stream.getvalue())
    assert photo.own.shape == (40, 60, 3)
    assert photo.transparency is None
    assert any("CMYK" in each for each in photo.notes) == (mode == "CMYK")


def test_transparency_is_kept_and_what_is_behind_it_is_not_looked_at() -> None:
    rgba = np.dstack([photos.scene(), np.tile(np.uint8([0, 255]), (40, 30))])
    photo = read_photo(NAME, photos.file_of(rgba, "PNG"))
    assert photo.transparency is not None
    assert photo.transparency[0, :2].tolist() == [0, 1]
    assert photo.image[0, 0].tolist() == [52, 50, 48]
    assert (photo.own == rgba[..., 2::-1]).all()


def test_the_first_of_moving_pictures_is_taken() -> None:
    frames = [Pillow.fromarray(photos.scene() // each) for each in (1, 2, 3)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    photo = read_photo(NAME, stream.getvalue())
    assert photo.notes == ("livebg takes the first of its 3 pictures",)
    assert photo.ending == ".gif"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("text.jpg", b"hello", "but text"),
        ("none.jpg", b"", "empty"),
        ("cut.jpg", photos.file_of(photos.scene(400, 600), "JPEG")[:2000], "is the file complete"),
        ("cut.png", _deep_png(DEEP)[:3000], "is the file complete"),
        ("a.nef", photos.file_of(photos.scene(), "TIFF"), "raw file"),
        ("bomb.png", photos.file_of(np.zeros((1, 1), np.uint8), "PNG")[:16] + b"\0\1\0\0" * 2, "picture"),
    ],
)
def test_what_is_no_photo_is_one_line(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=words):
        read_photo(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        read_photo(tmp_path / "no.jpg")
    with pytest.raises(SourceError, match="folder"):
        read_photo(tmp_path)


@pytest.mark.slow
def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Pillow.new("1", (20000, 12501)).save(path)
    with pytest.raises(SourceError, match="million pixels"):
        read_photo(path)
