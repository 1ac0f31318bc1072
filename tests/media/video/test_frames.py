from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from written_films import BT709, about, decoded, ffmpeg, form_of, part, person

from livebg.core.types import HIGHEST_ALPHA, Composite, Frame, Image
from livebg.media.video.formats import RECORDINGS, recording_form
from livebg.media.video.frames import Pictures, colour_of, layer, takes_planes
from livebg.media.video.types import Colour, FilmFrame
from livebg.media.video.writer import Part

KR_KB = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
         9: (0.2627, 0.0593)}  # fmt: skip


def flat(bgr: tuple[int, int, int]) -> Image:
    return np.broadcast_to(np.array(bgr, np.uint8), (16, 32, 3)).copy()


def of(image: Image) -> Frame:
    return Frame(image, 0, 0.0, 0.0)


def yuv(bgr: tuple[int, int, int], matrix: int, is_full: bool) -> np.ndarray:
    """By the definition of H.273, in float."""
    blue, green, red = (each / 255 for each in bgr)
    kr, kb = KR_KB[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = np.array([(blue - luma) / (1 - kb), (red - luma) / (1 - kr)]) / 2
    if is_full:
        return np.array([255 * luma, *(255 * chroma + 128)])
    return np.array([16 + 219 * luma, *(224 * chroma + 128)])


@pytest.mark.slow
@pytest.mark.parametrize("matrix", sorted(KR_KB))
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("bgr", [(0, 0, 0), (255, 255, 255), (30, 60, 220), (200, 90, 10), (12, 240, 3)])
def test_colours_are_converted_by_the_films_own_matrix_and_range(
    matrix: int, is_full: bool, bgr: tuple[int, int, int]
) -> None:
    info = about(height=16, width=32, colour=Colour(matrix, 1, 1, is_full))
    frame = Pictures(form_of(), info).frame(Composite(flat(bgr)), FilmFrame(0, flat((1, 2, 3))))
    samples = frame.to_ndarray(format="yuv420p").reshape(-1)
    seen = np.array([samples[0], samples[16 * 32], samples[16 * 32 * 5 // 4]], float)
    assert np.abs(seen - np.clip(yuv(bgr, matrix, is_full), 0, 255)).max() <= 1.1
    assert (frame.colorspace, frame.color_range) == (matrix, 2 if is_full else 1)


def test_a_colour_that_cannot_be_written_becomes_bt709() -> None:
    assert colour_of(form_of(), about(colour=Colour(0, 1, 13, True))).matrix == 1
    assert colour_of(form_of(), about(colour=Colour(2, 2, 2, False))) == Colour(2, 2, 2, False)
    assert not colour_of(form_of(".mov", "alpha"), about(colour=replace(BT709, is_full_range=True))).is_full_range
    assert colour_of(form_of(".mp4", "matte"), about()).is_full_range


def planes_and_picture(path: Path, height: int = 48, width: int = 64) -> tuple[Image, Image]:
    """Samples as a decoder gives them, and the same picture as BGR."""
    raw = ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={width}x{height},noise=alls=30", "-frames:v", "1",
                 "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")  # fmt: skip
    planes = np.frombuffer(raw, np.uint8).reshape(height * 3 // 2, width)
    (path / "raw").write_bytes(raw)
    bgr = ffmpeg("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-i", path / "raw",
                 "-pix_fmt", "bgr24", "-f", "rawvideo", "-")  # fmt: skip
    return planes, np.frombuffer(bgr, np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize("height", [48, 46])
def test_a_composite_in_i420_is_the_frames_samples(height: int) -> None:
    info = about(height=height, width=70)
    planes = np.random.default_rng(1).integers(0, 256, (height * 3 // 2, 70), dtype=np.uint8)
    assert takes_planes(form_of(), info)
    frame = Pictures(form_of(), info).frame(Composite(planes), FilmFrame(0, np.zeros((height, 70, 3), np.uint8)))
    assert np.array_equal(frame.to_ndarray(), planes)
    assert (frame.colorspace, frame.color_range) == (info.colour.matrix, 1)


def test_only_composites_in_the_films_own_colour_may_be_in_i420() -> None:
    for other in (
        form_of(".mp4", "matte"),
        form_of(".mov", "alpha"),
        form_of(".mkv", "foreground"),
        form_of(".mov", codec="prores"),
    ):
        assert not takes_planes(other, about())
    assert not takes_planes(form_of(), about(colour=Colour(0, 1, 13, True)))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
@pytest.mark.parametrize("content", ["composite", "alpha", "foreground"])
def test_where_nothing_was_changed_no_sample_changes(tmp_path: Path, suffix: str, content: str) -> None:
    planes, image = planes_and_picture(tmp_path)
    height, width = image.shape[:2]
    info = about(height=height, width=width)
    codec = "vp9" if suffix == ".webm" or content == "alpha" else "h264"
    shown = image.copy()
    shown[10, 21] = 255 - shown[10, 21]  # one pixel of another colour
    alpha = np.ones((height, width), np.float32)
    composite = Composite(shown, of(image), alpha, is_transparent=content != "composite")
    frame = Pictures(form_of(suffix, content, codec), info).frame(composite, FilmFrame(0, image, planes))
    samples = frame.reformat(format="yuv420p").to_ndarray()
    differs = np.argwhere(samples != planes)
    assert 1 <= len(differs) <= 6
    luma = [tuple(each) for each in differs if each[0] < height]
    assert luma
    assert set(luma) <= {(10, 20), (10, 21), (11, 20), (11, 21)}


def test_untouched_blocks_agree_with_a_plain_loop() -> None:
    height, width = 8, 150
    generator = np.random.default_rng(5)
    source = generator.integers(0, 256, (height, width, 3), np.uint8)
    image = source.copy()
    image[generator.random((height, width)) < 0.02] ^= 1
    alpha = np.where(generator.random((height, width)) < 0.02, 0.996, 1).astype(np.float32)
    alpha[0, :64], alpha[:, 64:128], alpha[5, 140] = 0, 1, np.inf  # no person in a stretch, all of one, no number
    image[:, 64:128] = source[:, 64:128]
    planes = generator.integers(0, 256, (height * 3 // 2, width), np.uint8)
    info = about(height=height, width=width)
    expected = Pictures(form_of(), info).frame(Composite(image), FilmFrame(0, source)).to_ndarray()
    before = expected.copy()
    shown = Composite(image, of(source), alpha)
    made = Pictures(form_of(), info).frame(shown, FilmFrame(0, source, planes)).to_ndarray()
    chroma, new_chroma = (each[height:].reshape(2, height // 2, width // 2) for each in (expected, planes))
    for row in range(height // 2):
        for column in range(width // 2):
            block = np.s_[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            is_sure = (np.isfinite(alpha[block]) & (alpha[block] > HIGHEST_ALPHA)).all()
            if is_sure and (image[block] == source[block]).all():
                expected[:height][block] = planes[:height][block]
                chroma[:, row, column] = new_chroma[:, row, column]
    assert (made == expected).all()
    assert (expected != before).any()


@pytest.mark.slow
def test_a_film_that_nothing_is_done_to_loses_no_more_than_the_codec_takes(tmp_path: Path) -> None:
    """Ours against ffmpeg's own transcode with the same encoder and settings: not one sample further off."""
    height, width, count = 64, 96, 12
    clip = tmp_path / "clip.mkv"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r=25", "-frames:v", str(count), "-pix_fmt", "yuv420p",
           "-c:v", "ffv1", clip)  # fmt: skip
    planes = decoded(clip, "yuv420p", height=height, width=width)
    images = decoded(clip, height=height, width=width)
    plain = form_of()
    for name, options in (("usual", plain.encoder.options), ("lossless", {**plain.encoder.options, "crf": "0"})):
        chosen = replace(plain, encoder=replace(plain.encoder, options=options))
        made = Part(tmp_path / f"{name}.mkv", chosen, about(height=height, width=width))
        for index in range(count):
            alpha = np.ones((height, width), np.float32)
            shown = Composite(images[index].copy(), of(images[index]), alpha)
            made.add(shown, FilmFrame(index, shown.frame.image, planes[index]))
        made.close()
        ours = decoded(tmp_path / f"{name}.mkv", "yuv420p", height=height, width=width)
        assert ours.shape == planes.shape
        if name == "lossless":
            assert (ours == planes).all()
            continue
        arguments = [part for key, value in options.items() for part in (f"-{key}", value)]
        ffmpeg("-i", clip, "-c:v", "libx264", *arguments, "-g", "125", tmp_path / "theirs.mkv")
        theirs = decoded(tmp_path / "theirs.mkv", "yuv420p", height=height, width=width)
        assert np.abs(ours.astype(int) - planes).max() <= np.abs(theirs.astype(int) - planes).max() + 2


@pytest.mark.slow
def test_ffv1_keeps_every_sample(tmp_path: Path) -> None:
    planes, image = planes_and_picture(tmp_path)
    height, width = image.shape[:2]
    made = Part(tmp_path / "a.mkv", form_of(codec="ffv1"), about(height=height, width=width))
    made.add(Composite(image, of(image), np.ones((height, width), np.float32)), FilmFrame(0, image, planes))
    made.close()
    assert (decoded(tmp_path / "a.mkv", "yuv420p", height=height, width=width)[0] == planes).all()


@pytest.mark.slow
@pytest.mark.parametrize("alpha", ["straight", "premultiplied"])
def test_alpha_is_straight_or_premultiplied_as_chosen(tmp_path: Path, alpha: str) -> None:
    image = np.zeros((96, 160, 3), np.uint8)
    path = part(tmp_path / "a.mkv", form_of(content="alpha", alpha=alpha), about(), [person(image)])
    whole, half, nothing = decoded(path, "bgra")[0][48, [10, 100, 150]].astype(int)
    assert tuple(whole) == (40, 90, 200, 255)
    assert tuple(nothing) == (0, 0, 0, 0)
    assert np.abs(half - ((40, 90, 200, 128) if alpha == "straight" else (20, 45, 100, 128))).max() <= 1


def test_each_content_shows_its_layer() -> None:
    composite = person(np.zeros((8, 16, 3), np.uint8))
    assert layer(form_of(content="matte"), composite)[0, [0, 10, 15]].tolist() == [255, 128, 0]
    assert layer(form_of(content="foreground"), composite)[0, 10].tolist() == [40, 90, 200]
    over_black = layer(form_of(content="foreground", alpha="premultiplied"), composite)[0]
    assert np.abs(over_black[10].astype(int) - (20, 45, 100)).max() <= 1
    assert (over_black[15] == 0).all()
    assert (layer(form_of(), composite)[0] == over_black).all()


@pytest.mark.parametrize("content", ["alpha", "foreground", "matte"])
def test_without_a_valid_matte_nothing_is_shown(content: str) -> None:
    card = Composite(np.full((8, 16, 3), 77, np.uint8), None, None, is_transparent=True)
    assert not layer(form_of(content=content), card).any()


def test_hardware_gets_the_same_samples_in_its_own_order() -> None:
    soft = form_of()
    hard = replace(soft, encoder=replace(soft.encoder, is_hardware=True))
    image = np.random.default_rng(2).integers(0, 256, (16, 32, 3), np.uint8)
    frames = [
        Pictures(each, about(height=16, width=32)).frame(Composite(image), FilmFrame(0, image)) for each in (soft, hard)
    ]
    assert frames[1].format.name == "nv12"
    assert (frames[1].reformat(format="yuv420p").to_ndarray() == frames[0].to_ndarray()).all()


def test_samples_in_a_colour_that_is_not_the_outputs_are_not_taken() -> None:
    image, planes = flat((9, 99, 199)), np.zeros((24, 32), np.uint8)
    info = about(height=16, width=32, colour=Colour(8, 1, 1, False))
    shown = Composite(image, of(image), np.ones((16, 32), np.float32))
    frame = Pictures(form_of(), info).frame(shown, FilmFrame(0, image, planes))
    assert frame.to_ndarray().min() > 16


@pytest.mark.parametrize("alpha", [0.0, 0.5, 254 / 255, float("nan"), None])
@pytest.mark.parametrize("content", ["composite", "alpha", "foreground"])
def test_samples_of_what_is_like_the_room_by_chance_are_not_taken(content: str, alpha: float | None) -> None:
    """A dark room before black: its samples below black tell what nobody sees of it."""
    image, planes = flat((0, 0, 0)), np.full((24, 32), 128, np.uint8)
    planes[:16] = np.random.default_rng(1).integers(1, 16, (16, 32))
    matte = None if alpha is None else np.full((16, 32), alpha, np.float32)
    shown = Composite(image, of(image), matte, is_transparent=content != "composite")
    chosen = form_of(".webm" if content == "alpha" else ".mkv", content, "vp9")
    frame = Pictures(chosen, about(height=16, width=32)).frame(shown, FilmFrame(0, image, planes))
    assert (frame.reformat(format="yuv420p").to_ndarray()[:16] == 16).all()


def test_samples_of_a_crop_are_not_the_sources() -> None:
    image, planes = flat((0, 0, 0)), np.full((24, 32), 9, np.uint8)
    shown = Composite(image, of(image.copy()), np.ones((16, 32), np.float32))
    frame = Pictures(form_of(), about(height=16, width=32)).frame(shown, FilmFrame(0, image, planes))
    assert frame.to_ndarray().min() > 9


@pytest.mark.slow
@pytest.mark.parametrize(("content", "suffix"), [each for each in RECORDINGS if each[0] != "matte"])
def test_the_same_picture_gives_the_same_samples(content: str, suffix: str) -> None:
    """With several threads swscale wrote into lines that were done already: 8 px of wrong colours and alpha."""
    made = recording_form(content, suffix)  # type: ignore[arg-type]
    shape = (720, 1366, 4 if content == "alpha" else 3)
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    pictures = Pictures(made, about(height=720, width=1366))
    px_bytes = {"bgra": 4, "yuva444p10le": 2}.get(made.pixel_format, 1)

    def samples() -> bytes:
        planes = pictures.frame_of(picture).planes
        rows = ((np.frombuffer(bytes(each), np.uint8).reshape(-1, each.line_size), each.width) for each in planes)
        return b"".join(lines[:, : width * px_bytes].tobytes() for lines, width in rows)

    assert len({samples() for _ in range(12)}) == 1
