"""Videos: exact times, upright, one size, and one clear sentence for each that cannot be read."""

from __future__ import annotations

import logging
import socket
import time
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from patience import SLACK
from PIL import Image as Pillow

from livebg.core.errors import SourceError
from livebg.media.video import open as media_opening
from livebg.media.video.clip import VideoClip


def shades(clip: VideoClip) -> list[int]:
    return [int(picture.render().mean()) for picture in clip.pictures()]


def test_every_picture_and_its_time(make_clip) -> None:
    clip = VideoClip(str(make_clip(shades=(40, 90, 140, 190), fps=20)))
    assert (clip.width, clip.height, clip.fps, clip.name) == (64, 48, 20.0, "clip.mp4")
    pictures = [(picture.media_time_s, picture.render()) for picture in clip.pictures()]
    clip.close()
    assert [time_s for time_s, _ in pictures] == pytest.approx([0, 0.05, 0.1, 0.15])
    for (_, image), shade in zip(pictures, (40, 90, 140, 190), strict=True):
        assert image.shape == (48, 64, 3)
        assert image.dtype == np.uint8
        assert abs(image.mean() - shade) < 3


def test_variable_rate_keeps_its_times_from_the_first_picture(make_clip) -> None:
    clip = VideoClip(str(make_clip("vfr.mkv", times_ms=(500, 540, 900, 933))))
    times_s = [picture.media_time_s for picture in clip.pictures()]
    clip.close()
    assert times_s == pytest.approx([0, 0.04, 0.4, 0.433], abs=0.0011)


def test_without_time_stamps_the_rate_gives_the_times(make_clip) -> None:
    clip = VideoClip(str(make_clip("raw.h264", shades=(40, 80, 120, 160, 200))))
    times_s = [picture.media_time_s for picture in clip.pictures()]
    clip.close()
    assert len(times_s) == 5
    assert np.allclose(np.diff(times_s), 1 / clip.fps)


def test_a_clock_that_begins_anew_never_goes_back(make_clip, tmp_path: Path) -> None:
    one = make_clip("one.ts", codec="mpeg2video", fps=25).read_bytes()
    (tmp_path / "twice.ts").write_bytes(one + one)
    clip = VideoClip(str(tmp_path / "twice.ts"))
    times_s = [picture.media_time_s for picture in clip.pictures()]
    clip.close()
    assert len(times_s) >= 7
    assert all(np.diff(times_s) > 0)


@pytest.mark.parametrize(
    ("matrix", "is_left_above"),
    # The display matrix of ISO 14496-12, as 16.16 and 2.30 fixed point numbers: turn clockwise, and counter-clockwise.
    [((0, 1, 0, -1, 0, 0, 0, 0, 1), True), ((0, -1, 0, 1, 0, 0, 0, 0, 1), False)],
)
def test_rotation_is_honoured(tmp_path: Path, matrix: tuple[int, ...], is_left_above: bool) -> None:
    path = tmp_path / "phone.mp4"
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = 200
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for packet in (*stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")), *stream.encode(None)):
            container.mux(packet)
    data = path.read_bytes()
    at = data.index(b"tkhd") + 44
    units = (1 << 16, 1 << 16, 1 << 30) * 3
    fixed = b"".join((value * unit).to_bytes(4, "big", signed=True) for value, unit in zip(matrix, units, strict=True))
    path.write_bytes(data[:at] + fixed + data[at + 36 :])
    clip = VideoClip(str(path))
    image = next(clip.pictures()).render()
    clip.close()
    assert (clip.width, clip.height) == (48, 64)
    assert image.shape == (64, 48, 3)
    light, dark = (image[8], image[56]) if is_left_above else (image[56], image[8])
    assert light.mean() > 150
    assert dark.mean() < 50


def test_odd_sizes(tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=20)
        stream.width, stream.height, stream.pix_fmt = 37, 21, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((21, 37, 3), 120, np.uint8), format="bgr24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = VideoClip(str(path))
    image = next(clip.pictures()).render()
    clip.close()
    assert image.shape == (21, 37, 3)
    assert abs(image.mean() - 120) < 3


def test_a_change_of_size_is_scaled_and_told_once(make_clip, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    small = make_clip("a.mjpeg", shades=(60, 60), codec="mjpeg").read_bytes()
    large = make_clip("b.mjpeg", shades=(180, 180), width=128, height=96, codec="mjpeg").read_bytes()
    (tmp_path / "both.mjpeg").write_bytes(small + large)
    clip = VideoClip(str(tmp_path / "both.mjpeg"))
    images = [picture.render() for picture in clip.pictures()]
    clip.close()
    assert [image.shape for image in images] == [(48, 64, 3)] * 4
    assert [round(image.mean(), -1) for image in images] == [60, 60, 180, 180]
    assert [each.getMessage() for each in caplog.records] == [
        "both.mjpeg changes its size to 128x96; scaled to its first size, 64x48"
    ]


@pytest.mark.parametrize("name", ["cut.ts", "cut.mkv", "cut.avi"])
def test_a_truncated_file_gives_what_it_has_and_one_warning(
    make_clip, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    whole = make_clip(name, shades=tuple(range(20, 220, 2)), codec=codec).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    clip = VideoClip(str(tmp_path / name))
    with caplog.at_level(logging.WARNING):
        seen = shades(clip)
    clip.close()
    assert 5 < len(seen) < 100
    assert len(caplog.records) == (0 if name.endswith("ts") else 1), "a transport stream has no end to miss"


def test_whole_files_are_not_called_cut_off(make_clip, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.mp4", "a.mkv", "a.avi"):
        clip = VideoClip(str(make_clip(name, shades=tuple(range(20, 220, 4)))))
        assert len(shades(clip)) == 50
        clip.close()
    assert not caplog.records


def test_a_moving_gif_plays(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    pictures = [Pillow.new("RGB", (8, 8), (shade,) * 3) for shade in (10, 100, 200)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    clip = VideoClip(str(path))
    seen = [(round(picture.media_time_s, 2), int(picture.render().mean())) for picture in clip.pictures()]
    clip.close()
    assert [time_s for time_s, _ in seen] == [0, 0.1, 0.2]
    assert [shade for _, shade in seen] == pytest.approx([10, 100, 200], abs=3)


def refused(place: object) -> str:
    with pytest.raises(SourceError) as told:
        VideoClip(str(place))
    message = str(told.value)
    assert "\n" not in message
    return message


def test_text_named_as_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("just words\n" * 50)
    assert refused(path).startswith("notes.mp4: not a video or picture that can be read (invalid data")


def test_text(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("just words\n" * 500)
    assert "notes.txt" in refused(path)


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    assert refused(path) == "song.wav holds no video (only audio); try another file"


def test_video_without_a_frame(make_clip, tmp_path: Path) -> None:
    whole = make_clip("none.mkv", shades=(40,)).read_bytes()
    (tmp_path / "none.mkv").write_bytes(whole[: whole.index(bytes.fromhex("1f43b675"))])  # before the first cluster
    assert "none.mkv" in refused(tmp_path / "none.mkv")


def test_unknown_protocol() -> None:
    assert refused("gopherx://host/x") == (
        "gopherx://host/x cannot be opened: gopherx:// is not supported; try http, https, rtsp or rtmp"
    )


def test_nobody_listens_and_the_password_stays_unsaid() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        message = refused(f"rtsp://me:secret@127.0.0.1:{unused.getsockname()[1]}/live?token=hidden")
    assert "connection refused" in message
    assert "secret" not in message
    assert "hidden" not in message


@pytest.mark.slow
def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_opening, "OPEN_TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun_s = time.monotonic()
        message = refused(f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert "nothing came within 0.5 s" in message
    assert time.monotonic() - begun_s < 3 * SLACK


def test_nothing_is_written_to_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(200))
    refused(path)
    assert capfd.readouterr().err == ""
