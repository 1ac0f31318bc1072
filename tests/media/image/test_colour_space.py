"""Whoever says what a file's numbers mean, the same colours come out."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import photos
import pytest
from PIL import Image as Pillow
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from livebg.core.errors import SourceError
from livebg.media.image.colour import SRGB, converted
from livebg.media.image.colour_space import Colours, colours_of
from livebg.media.image.icc_profile import ADOBE_RGB, D65, SRGB_CURVE, rgb_profile
from livebg.media.image.photo import read_photo
from livebg.media.image.read import PictureFile

BGR = np.ascontiguousarray(photos.scene()[..., ::-1])
ADOBE, P3 = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
DISPLAY_P3 = rgb_profile("Display P3", P3, D65, SRGB_CURVE)


def both(tmp_path: Path, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """BGR uint8 as a source or background, and as livebg image sees it; what is written means the same."""
    path = tmp_path / "a"
    path.write_bytes(data)
    photo = read_photo(path)
    eight = (photo.own // 257).astype(np.uint8) if photo.is_deep else photo.own
    assert np.abs(converted(eight, photo.about.profile, SRGB).astype(int) - photo.image).max() <= 1
    return PictureFile(path, "source", SourceError).load(), photo.image


def numbers_in(profile: bytes) -> np.ndarray:
    """RGB uint8 of the scene's colours."""
    return np.ascontiguousarray(converted(BGR, SRGB, profile)[..., ::-1])


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    return png[:33] + b"".join(chunks) + png[33:]


@pytest.mark.parametrize("way", ["R03", "2"])
def test_adobe_rgb_by_exif(tmp_path: Path, way: str) -> None:
    tags = Pillow.Exif()
    tags.get_ifd(0x8769)[0xA001] = 2 if way == "2" else 65535
    if way == "R03":
        tags.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    data = photos.file_of(numbers_in(ADOBE_RGB), "JPEG", quality=100, subsampling=0, exif=tags.tobytes())
    for image in both(tmp_path, data):
        assert np.abs(image.astype(int) - BGR).mean() < 2
    assert read_photo(tmp_path / "a").about.profile == ADOBE_RGB


def test_p3_and_adobe_by_pngs_chunks(tmp_path: Path) -> None:
    for primaries, profile, gamma in ((P3, DISPLAY_P3, 45455), (ADOBE, ADOBE_RGB, 45471)):
        points = [round(100_000 * each) for each in (*D65, *np.ravel(primaries))]
        told = photos.chunk(b"gAMA", struct.pack(">I", gamma)), photos.chunk(b"cHRM", struct.pack(">8I", *points))
        for image in both(tmp_path, with_chunks(photos.file_of(numbers_in(profile), "PNG"), *told)):
            assert np.abs(image.astype(int) - BGR).mean() < 3
    told = (photos.chunk(b"gAMA", struct.pack(">I", 45455)),)
    for image in both(tmp_path, with_chunks(photos.file_of(photos.scene(), "PNG"), *told)):
        assert (image == BGR).all(), "what says sRGB is sRGB"


def test_p3_by_cicp_in_png_and_avif(tmp_path: Path) -> None:
    told = photos.chunk(b"cICP", bytes((12, 13, 0, 1)))
    for image in both(tmp_path, with_chunks(photos.file_of(numbers_in(DISPLAY_P3), "PNG"), told)):
        assert np.abs(image.astype(int) - BGR).max() <= 3
    data = photos.file_of(numbers_in(DISPLAY_P3), "AVIF", quality=100, subsampling="4:4:4")
    at = data.index(b"colrnclx") + 8
    for image in both(tmp_path, data[:at] + b"\0\x0c" + data[at + 2 :]):
        assert np.abs(image.astype(int) - BGR).mean() < 2


def test_a_profile_made_of_tables_is_converted_and_said(tmp_path: Path) -> None:
    from media.image.test_icc_profile import with_tag

    own = ImageCms.ImageCmsProfile(io.BytesIO(photos.wide_profile()))
    data = photos.file_of(photos.scene(), "PNG", icc_profile=with_tag(photos.wide_profile(), b"A2B0", bytes(60)))
    image, seen = both(tmp_path, data)
    assert image.shape == seen.shape
    photo = read_photo(tmp_path / "a")
    if ImageCms.getProfileDescription(own):  # LittleCMS may refuse the table, and takes the numbers then as they are
        assert photo.about.profile == SRGB


def test_broken_chunks_say_nothing(tmp_path: Path) -> None:
    for told in (photos.chunk(b"cHRM", bytes(32)), photos.chunk(b"gAMA", bytes(4)), photos.chunk(b"cICP", b"\x09")):
        for image in both(tmp_path, with_chunks(photos.file_of(photos.scene(), "PNG"), told)):
            assert image.shape == BGR.shape


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adobe-by-exif.jpg", "hdr-pq-photo.avif"])
def test_photos_of_the_field(shared: Path, name: str) -> None:
    path = shared / "field" / name
    if not path.exists():
        pytest.skip("not among the test material")
    whole = cv2.imread(str(shared / "cases/photos/dn_if001.jpg"))
    expected = cv2.resize(whole, (400, 400), interpolation=cv2.INTER_AREA).astype(int)
    for image in (read_photo(path).image, PictureFile(path, "source", SourceError).load()):
        assert np.ptp(image.astype(int), axis=2).mean() == pytest.approx(
            np.ptp(expected, axis=2).mean(), abs=1.2
        )  # highlights are pressed
        assert np.median(np.abs(image.astype(int) - expected)) <= 3


def test_hdr_is_said() -> None:
    assert Colours(transfer=16).note == "HDR (PQ, BT.2020) tone-mapped to SDR (BT.709)"
    assert "HLG" in Colours(transfer=18).note
    assert Colours(ADOBE_RGB).note == ""


def test_words_in_a_png_are_no_colours(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Comment", "colrnclx cICP")
    for image in both(tmp_path, photos.file_of(photos.scene(), "PNG", pnginfo=info)):
        assert (image == BGR).all()


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    tags = photos.exif()
    whole = photos.file_of(photos.scene(), "JPEG", exif=tags)
    start, rng = whole.index(b"Exif\0\0") + 14, np.random.default_rng(2)
    for _ in range(40):
        data = bytearray(whole)
        for at in rng.integers(start, start + 200, 6):
            data[at] = rng.integers(0, 256)
        path = tmp_path / "a"
        path.write_bytes(data)
        assert read_photo(path).image.shape[2] == 3
        assert PictureFile(path, "source", SourceError).load().shape[2] == 3


def test_a_profile_says_more_than_exif_and_nothing_is_srgb() -> None:
    tags = Pillow.Exif()
    tags.get_ifd(0x8769)[0xA001] = 2
    for options, expected in (
        ({}, b""),
        ({"exif": tags.tobytes()}, ADOBE_RGB),
        ({"exif": tags.tobytes(), "icc_profile": DISPLAY_P3}, DISPLAY_P3),
    ):
        data = photos.file_of(photos.scene(), "JPEG", **options)
        with Pillow.open(io.BytesIO(data)) as picture:
            assert colours_of(picture, lambda: b"not asked for a JPEG") == Colours(expected)
