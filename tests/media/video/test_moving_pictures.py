"""Moving pictures read forward: ends, seeking, damage, rotation. Clips are made here, a few hundred bytes each."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.core.errors import BackgroundError, SourceError
from livebg.media.image.read import PictureFile
from livebg.media.video.clip import Animation, VideoClip
from livebg.media.video.open import size_of
from livebg.media.video.types import MovingPicture


def write_clip(
    path: Path, greys: Sequence[int], fps: int = 10, keys: int = 5, size: tuple[int, int] = (64, 48)
) -> Path:
    """A video whose pictures are plain, of these grey levels."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4" if path.suffix == ".avi" else "libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = keys
        for grey in greys:
            picture = np.full((size[1], size[0], 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def behind(path: Path) -> VideoClip:
    return VideoClip(str(path), f"background {path}", is_exact=True, is_backdrop=True)


def animation_of(path: Path) -> Animation:
    return Animation(PictureFile(path, "background", BackgroundError))


def write_gif(path: Path, greys: Sequence[int], durations_ms: Sequence[int]) -> Path:
    pictures = [Pillow.new("RGB", (16, 12), (grey, grey, grey)) for grey in greys]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=list(durations_ms), loop=0)
    return path


def levels(moving: MovingPicture) -> list[tuple[float, int]]:
    """(end in s, grey level) of everything that is left."""
    found = []
    while (following := moving.read()) is not None:
        ends_s = following.media_time_s + following.lasts_s
        found.append((round(ends_s, 3), int(following.render().mean())))
    return found


def test_a_clip_is_read_to_its_end_and_again(tmp_path: Path) -> None:
    clip = behind(write_clip(tmp_path / "a.mp4", [20, 60, 100, 140]))
    assert clip.length_s == pytest.approx(0.4)
    first = levels(clip)
    assert [end_s for end_s, _ in first] == [0.1, 0.2, 0.3, 0.4]
    assert np.allclose([grey for _, grey in first], [20, 60, 100, 140], atol=4)
    assert clip.read() is None
    clip.seek(0.0)
    assert levels(clip) == first
    clip.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "mov", "h264"])
def test_every_container_seeks_to_before_the_time_or_begins_again(tmp_path: Path, suffix: str) -> None:
    clip = behind(write_clip(tmp_path / f"a.{suffix}", range(10, 210, 10)))
    clip.seek(1.25)
    following = clip.read()
    assert following is not None
    assert following.media_time_s <= 1.25
    clip.close()
    assert size_of(tmp_path / f"a.{suffix}", "a") == (64, 48)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_keeps_its_own_durations(tmp_path: Path, suffix: str) -> None:
    animation = animation_of(write_gif(tmp_path / f"a.{suffix}", [20, 120, 220], [100, 300, 0]))
    assert animation.length_s is None
    first = levels(animation)
    assert [end_s for end_s, _ in first] == [0.1, 0.4, 0.5]  # no duration at all counts as 0.1 s
    assert np.allclose([grey for _, grey in first], [20, 120, 220], atol=4)
    animation.seek(0.2)
    assert levels(animation) == first
    animation.close()


@pytest.mark.parametrize(("degrees", "white"), [(90, "top"), (270, "bottom")])
def test_a_clip_that_lies_on_its_side_is_turned_upright(tmp_path: Path, degrees: int, white: str) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        picture = np.zeros((32, 64, 3), np.uint8)
        picture[:, :32] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    one = 1 << 16
    matrix = {90: (0, one, 0, -one, 0, 0), 270: (0, -one, 0, one, 0, 0)}[degrees]
    data = path.read_bytes()
    header = data.index(b"tkhd") + 4 + 40  # version 0: the display matrix stands 40 bytes into the track header
    turned = struct.pack(">9i", matrix[0], matrix[1], 0, matrix[3], matrix[4], 0, 0, 0, 1 << 30)
    path.write_bytes(data[:header] + turned + data[header + 36 :])

    clip = behind(path)
    following = clip.read()
    assert following is not None
    pixels = following.render()
    clip.close()
    assert pixels.shape == (64, 32, 3)
    assert (pixels[:20].mean() > 230) == (white == "top")
    assert (pixels[-20:].mean() > 230) == (white == "bottom")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"just words\n" * 99),
        ("a.mp4", b"\0" * 4000),
        ("a.txt", b"words\n" * 99),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0"),
    ],
)
def test_what_is_no_video_is_told_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=name) as failure:
        behind(path)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_a_damaged_animation_raises_only_background_errors(tmp_path: Path, suffix: str) -> None:
    whole = write_gif(tmp_path / f"a.{suffix}", range(0, 250, 10), [50] * 25).read_bytes()
    random, path = np.random.default_rng(3), tmp_path / f"b.{suffix}"
    for _ in range(10):
        path.write_bytes(whole[: int(random.integers(30, len(whole)))])
        with suppress(BackgroundError):
            animation = animation_of(path)
            try:
                assert all(0 <= grey <= 255 for _, grey in levels(animation))
            finally:
                animation.close()
