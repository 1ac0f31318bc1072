"""What an uploaded file is, by its content alone, and what it shows; in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from films import RED, make_film
from films import picture as film_picture
from photos import claimed_png, exif, file_of, scene
from PIL import Image as Pillow

from livebg.core.errors import SourceError
from livebg.panel.decoder import look, picture, serve

pytestmark = pytest.mark.slow


def upload(tmp_path: Path, content: bytes) -> Path:
    """As the studio names it: without an ending that says anything."""
    path = tmp_path / "original"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.jpg", b"<!doctype html><html><script>alert(1)</script></html>", "photo.jpg is no picture but text"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "drawing.svg is SVG"),
        ("photo.png", b'<?xml version="1.0"?><svg><script/></svg>', "photo.png is SVG"),
        ("film.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "film.mp4 is no picture but text"),
        ("film.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "film.mp4 is no picture but text"),
        ("page.pdf", b"%PDF-1.7\n\0", "page.pdf"),
        ("archive.jpg", b"PK\x03\x04" + bytes(300), "archive.jpg: not a video or picture that can be read"),
        ("program.mp4", b"MZ" + bytes(300), "program.mp4: not a video or picture that can be read"),
        ("photo.nef", b"II*\0" + bytes(300), "photo.nef is a camera's raw file; develop it first"),
        ("bomb.png", claimed_png(60_000, 60_000), "bomb.png is too large: over 250 million pixels"),
        ("zero.png", claimed_png(0, 5), "zero.png"),
        ("cut.jpg", file_of(scene(), "JPEG")[:20], "cut.jpg"),
    ],
)
def test_what_is_no_film_and_no_photo_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = upload(tmp_path, content)
    with pytest.raises(SourceError) as refused:
        look(path, name)
    assert str(refused.value).startswith(sentence)
    assert str(path) not in str(refused.value)


def test_a_list_in_disguise_opens_no_other_file(tmp_path: Path) -> None:
    """With a zero byte it counts as no text, and FFmpeg's opener refuses it nevertheless."""
    path = upload(tmp_path, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n\0")
    with pytest.raises(SourceError, match="names other files or streams"):
        look(path, "film.mp4")


def test_a_song_holds_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 48000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match=r"^song\.mp4 holds no video"):
        look(upload(tmp_path, path.read_bytes()), "song.mp4")


def test_a_film_and_its_moments(tmp_path: Path) -> None:
    path = upload(tmp_path, make_film(tmp_path / "film.mp4", 50).read_bytes())
    about = look(path, "whatever.jpg")
    assert about == {
        "kind": "video", "width": 160, "height": 96, "seconds": 2.0, "fps": 25.0,
        "media_type": "video/mp4", "ending": ".mp4",
    }  # fmt: skip
    for at_s, number in ((0.0, 0), (0.5, 12), (1.0, 25), (1.96, 49), (9.0, 49)):
        answer, content = picture(path, True, at_s, 160, False)
        assert answer == {"type": "image/jpeg"}
        left = np.asarray(Pillow.open(io.BytesIO(content)))[60, :, 0].astype(int)  # the figure's red, in one row
        assert np.argmax(left > 160) == pytest.approx(10 + number, abs=2)


def _with_alpha(path: Path, frames: Iterable[av.VideoFrame], width: int, height: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx-vp9", rate=25, options={"lossless": "1"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuva420p"
        for frame in (*frames, None):
            container.mux(stream.encode(frame))
    return path


def test_a_moment_shows_the_last_columns_too(tmp_path: Path) -> None:
    grey = av.VideoFrame(500, 48, "yuva420p")
    for plane, value in zip(grey.planes, (90, 128, 128, 255), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    path = _with_alpha(tmp_path / "result.webm", [grey], 500, 48)
    shown = np.asarray(Pillow.open(io.BytesIO(picture(path, True, 0.0, 500, True)[1])).convert("RGBA"))
    assert shown[..., 3].min() >= 250
    assert np.ptp(shown[..., :3]) <= 4


def test_a_moment_of_a_result_with_alpha(tmp_path: Path) -> None:
    pictures = np.zeros((30, 96, 160, 4), np.uint8)
    for number, rgba in enumerate(pictures):
        rgba[24:, number : number + 40] = (*RED[::-1], 255)
    frames = (av.VideoFrame.from_ndarray(each, format="rgba") for each in pictures)
    path = _with_alpha(tmp_path / "result.webm", frames, 160, 96)
    answer, content = picture(path, True, 0.8, 160, True)
    assert answer == {"type": "image/webp"}
    shown = Pillow.open(io.BytesIO(content))
    assert shown.mode == "RGBA"
    alpha = np.asarray(shown)[60, :, 3].astype(int)
    assert np.argmax(alpha > 128) == pytest.approx(20, abs=2)
    assert alpha[5] < 10


def test_a_photo_is_upright_and_no_larger_than_asked(tmp_path: Path) -> None:
    turned = exif(turn=6)
    path = upload(tmp_path, file_of(scene(400, 600), "JPEG", exif=turned.tobytes()))
    assert look(path, "photo.mp4") == {"kind": "photo", "width": 400, "height": 600, "ending": ".jpg"}
    _, content = picture(path, False, 0.0, 120, False)
    assert Pillow.open(io.BytesIO(content)).size == (80, 120)
    assert b"Maker" not in content


def test_a_photo_with_alpha_keeps_it(tmp_path: Path) -> None:
    pixels = np.dstack([scene(40, 60), np.zeros((40, 60), np.uint8)])
    pixels[:, 30:, 3] = 255
    _, content = picture(upload(tmp_path, file_of(pixels, "PNG")), False, 0.0, 60, True)
    alpha = np.asarray(Pillow.open(io.BytesIO(content)))[20, :, 3]
    assert (alpha[5], alpha[55]) == (0, 255)


def test_an_animation_is_a_film(tmp_path: Path) -> None:
    frames = [Pillow.fromarray(film_picture(each)[..., ::-1]) for each in range(5)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:], duration=100)
    assert look(upload(tmp_path, (tmp_path / "moves.gif").read_bytes()), "moves.gif")["kind"] == "video"


def test_an_animated_webp_is_its_first_picture(tmp_path: Path) -> None:
    frames = [Pillow.fromarray(film_picture(each)[..., ::-1]) for each in range(3)]
    frames[0].save(tmp_path / "moves.webp", save_all=True, append_images=frames[1:], duration=100)
    about = look(upload(tmp_path, (tmp_path / "moves.webp").read_bytes()), "moves.webp")
    assert (about["kind"], about["ending"]) == ("photo", ".webp"), "FFmpeg shows none: a film of it would fail"


@pytest.mark.parametrize(
    "question",
    [
        {"do": "look", "name": "x"},
        {"do": "picture", "is_video": True, "at_s": 0, "width": 64, "with_alpha": False},
        {"do": "picture", "is_video": False, "at_s": 0, "width": 64, "with_alpha": True},
    ],
)
def test_a_file_that_is_gone_is_a_sentence(question: dict[str, Any]) -> None:
    told = io.BytesIO()
    serve(question | {"path": "/nowhere/x"}, told)
    answer = json.loads(told.getvalue())
    assert answer["bytes"] == 0
    assert answer["error"]
