"""A file shows the same pixels in `livebg video`, as --source and as --background, whatever it is made of."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from written_films import ffmpeg, turned

from livebg.capture import open_source
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame
from livebg.media.video.convert import ALPHA_DROPPED, squared_size
from livebg.media.video.dolby_vision import note_on
from livebg.media.video.open import open_file
from livebg.media.video.reader import Film
from livebg.scene.backgrounds import open_background

X265 = ("-c:v", "libx265", "-pix_fmt", "yuv420p10le")


def _hdr(transfer: str) -> tuple[str, ...]:
    tags = f"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    return ("-vf", "format=yuv420p10le", *X265, "-x265-params", tags)


def _matrix(name: str, colours: str = "tv") -> tuple[str, ...]:
    way = f"scale=out_color_matrix={name}:out_range={colours},format=yuv420p"
    return ("-vf", way, "-c:v", "libx264", "-colorspace", name, "-color_range", colours)


FILES = {
    "untagged.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "709.mp4": _matrix("bt709"),
    "601.mp4": _matrix("smpte170m"),
    "2020.mp4": _matrix("bt2020nc"),
    "full.mp4": _matrix("bt709", "pc"),
    "deep.mp4": (*X265, "-x265-params", "log-level=none"),
    "pq.mp4": _hdr("smpte2084"),
    "hlg.mp4": _hdr("arib-std-b67"),
    "wide.mp4": ("-vf", "setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "high.mp4": ("-vf", "setsar=3/4", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "interlaced.mp4": ("-vf", "interlace", "-flags", "+ildct+ilme", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "444.mkv": ("-c:v", "ffv1", "-pix_fmt", "yuv444p"),
    "rgb.mkv": ("-c:v", "ffv1", "-pix_fmt", "bgr0"),
    "gray.mkv": ("-c:v", "ffv1", "-pix_fmt", "gray"),
}


def _made(folder: Path, name: str) -> Path:
    path = folder / name
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=0.6", *FILES.get(name, FILES["untagged.mp4"]), path)
    if name.startswith("turned"):
        return turned(path, folder / f"again-{name}", 90)
    return path


def _as_source(path: Path) -> list[Frame]:
    """Every frame of `--source`."""
    frames: list[Frame] = []
    with closing(open_source(Settings(source=str(path), pace="every-frame"))) as source, suppress(EndOfSource):
        while (frame := source.read(1.0)) is not None:
            assert frame.image.shape == (source.info.height, source.info.width, 3)
            frames.append(frame)
    return frames


def _amid(frame: Frame) -> float:
    """A time at which its picture stands, away from both its ends; the first one's is where the background begins."""
    return frame.media_time_s + 0.01 * (frame.sequence > 0)


def _as_background(path: Path, frames: list[Frame]) -> list[np.ndarray]:
    """What stands behind each of these frames by `--background`."""
    with closing(open_background(Settings(background=str(path), pace="every-frame"))) as background:
        alpha = np.zeros(frames[0].image.shape[:2], np.float32)
        return [background.picture(replace(each, media_time_s=_amid(each)), alpha) for each in frames]


def _shown(path: Path) -> list[list[np.ndarray]]:
    """The pictures of the film reader (`livebg video`), of `--source` and of `--background`, in square pixels."""
    film = Film(path)
    ticks = film.index().ticks
    height, width = squared_size(film.info.height, film.info.width, film.info.pixel_aspect)
    whole = [cv2.resize(each.image, (width, height)) for each in film.frames(int(ticks[0]), int(ticks[-1]))]
    frames = _as_source(path)
    live, behind = [each.image for each in frames], _as_background(path, frames)
    return [whole, live, behind]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FILES, "turned.mp4"])
def test_three_readers_agree(tmp_path: Path, name: str) -> None:
    whole, live, behind = _shown(_made(tmp_path, name))
    assert len(whole) == len(live) == len(behind) == (7 if name == "interlaced.mp4" else 15)
    for film, clip, background in zip(whole, live, behind, strict=True):
        assert np.array_equal(film, clip)
        assert np.array_equal(film, background)
    assert whole[0].shape[:2] == {"turned.mp4": (160, 96), "wide.mp4": (96, 213), "high.mp4": (128, 160)}.get(
        name, (96, 160)
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["709.mp4", "601.mp4", "2020.mp4", "full.mp4"])
def test_colours_are_those_that_were_put_in(tmp_path: Path, name: str) -> None:
    truth = np.frombuffer(
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=0.6", "-frames:v", "1", "-pix_fmt", "bgr24", "-f",
               "rawvideo", "-"), np.uint8).reshape(96, 160, 3)  # fmt: skip
    for pictures in _shown(_made(tmp_path, name)):
        small = [cv2.resize(each, (20, 12), interpolation=cv2.INTER_AREA).astype(int) for each in (pictures[0], truth)]
        assert np.abs(small[0] - small[1]).mean() < 4


@pytest.mark.slow
@pytest.mark.parametrize(("name", "white"), [("pq.mp4", 0.58), ("hlg.mp4", 0.75)])
def test_hdr_reference_white_is_white_in_every_role(tmp_path: Path, name: str, white: float) -> None:
    """BT.2408's 203 cd/m2, which BT.2100 codes as 58 % in PQ and 75 % in HLG."""
    level, path = round(64 + 876 * white), tmp_path / name
    gray = f"color=s=160x96:r=25:d=0.2,format=yuv420p10le,geq=lum={level}:cb=512:cr=512"
    ffmpeg("-f", "lavfi", "-i", gray, *FILES[name][2:], path)
    for pictures in _shown(path):
        assert np.abs(pictures[0].astype(int) - 230).max() <= 3


@pytest.mark.slow
def test_hdr_white_is_the_same_behind_a_person(shared: Path) -> None:
    path = shared / "field" / "hdr-pq-background.mp4"
    if not path.exists():
        pytest.skip("not among the test material")
    for pictures in _shown(path):
        assert np.abs(pictures[0].astype(int) - 230).max() <= 3


@pytest.mark.parametrize("name", ["alpha-background.webm", "alpha-background.mov"])
def test_a_transparent_film_is_said(shared: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    path = shared / "field" / name
    if not path.exists():
        pytest.skip("not among the test material")
    assert Film(path).info.notes.count(ALPHA_DROPPED) == 1
    _as_source(path)
    assert ALPHA_DROPPED in caplog.text


def test_dolby_vision_without_a_base_is_said(shared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = shared / "field" / "dolby-vision-5.mp4"
    if not path.exists():
        pytest.skip("not among the test material")
    assert any("Dolby Vision profile 5" in each for each in Film(path).info.notes)
    for role in ("source", "background"):
        caplog.clear()
        _as_source(path) if role == "source" else open_background(Settings(background=str(path))).close()
        assert "Dolby Vision profile 5" in caplog.text
    data = path.read_bytes()
    place = data.index(b"dvcC") + 4
    with_base = tmp_path / "8.mp4"
    with_base.write_bytes(data[: place + 2] + bytes([8 << 1, 0x0D, 1 << 4]) + data[place + 5 :])
    for each, says in ((path, True), (with_base, False), (_made(tmp_path, "709.mp4"), False)):
        with open_file(each) as container:
            assert bool(note_on(container.streams.video[0])) == says


def test_squares() -> None:
    assert squared_size(96, 160, Fraction(1)) == (96, 160)
    assert squared_size(96, 160, Fraction(2)) == (96, 320)
    assert squared_size(96, 160, Fraction(1, 2)) == (192, 160)
    for unbelievable in (Fraction(0), Fraction(-1), Fraction(100), Fraction(1, 100)):
        assert squared_size(96, 160, unbelievable) == (96, 160)
    assert squared_size(4320, 8192, Fraction(2)) == (4320, 8192)
