"""Videos of every damage and claim, as source and background: pictures of one size, or one line that says why."""

from __future__ import annotations

import io
import os
import struct
import wave
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hostile.damage import AT_REST, DAMAGES, Damage
from hostile.uses import as_background, as_source, used
from hypothesis import given
from hypothesis import strategies as st

from livebg.core.errors import BackgroundError, SourceError
from livebg.media.video import open as media_opening
from livebg.media.video.clip import VideoClip

NOISE = np.random.default_rng(2).integers(0, 255, (48, 64, 3), np.uint8)


def video(container: str, codec: str, pixels: str = "yuv420p", width: int = 64, height: int = 48) -> bytes:
    stream = io.BytesIO()
    with av.open(stream, "w", format=container) as file:
        made = file.add_stream(codec, rate=10)
        made.width, made.height, made.pix_fmt = width, height, pixels
        for number in range(8):
            picture = np.resize(np.roll(NOISE, 3 * number, 1), (height, width, 3))
            file.mux(made.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(made.encode(None))
    return stream.getvalue()


WHOLE = {
    "mp4": video("mp4", "libx264"),
    "mkv": video("matroska", "libx264"),
    "ffv1": video("matroska", "ffv1"),
    "mov": video("mov", "prores_ks", "yuv422p10le"),
    "webm": video("webm", "libvpx-vp9"),
    "avi": video("avi", "mpeg4"),
    "ts": video("mpegts", "mpeg2video"),
    "mjpeg": video("mjpeg", "mjpeg", "yuvj420p"),
    "h264": video("h264", "libx264"),
    "flv": video("flv", "flv1"),
    "y4m": video("yuv4mpegpipe", "rawvideo"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("suffix", ["mp4", "png", "txt"])
def test_every_kind_is_read_by_its_content_not_its_name(tmp_path: Path, what: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(WHOLE[what])
    source, background, plate, _ = used(path)
    if what not in ("h264", "mjpeg"):  # bare streams have no mark that tells more than their names
        assert (source, background) == ("", "")
        assert plate


@pytest.mark.slow
@AT_REST
@given(
    what=st.sampled_from(sorted(WHOLE)),
    suffix=st.sampled_from(["mp4", "mkv", "jpg", "gif"]),
    damage=DAMAGES,
)
def test_cut_anywhere_and_flipped(tmp_path: Path, what: str, suffix: str, damage: Damage) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(damage.to(WHOLE[what], head=600))
    used(path)


def test_a_header_that_claims_a_monstrous_size(tmp_path: Path, within) -> None:
    mjpeg = WHOLE["mjpeg"]
    at = mjpeg.index(b"\xff\xc0") + 5
    path = tmp_path / "a.avi"
    path.write_bytes(mjpeg[:at] + struct.pack(">HH", 30_000, 30_000) + mjpeg[at + 4 :])
    used(path)
    with within(100, 5.0):
        source, background, *_ = used(path)
    assert source
    assert background


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_video_larger_than_the_bound_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(WHOLE[suffix])
    monkeypatch.setattr(media_opening, "LARGEST_PX", 64 * 48 - 1)
    for use, failure in ((as_source, SourceError), (as_background, BackgroundError)):
        with pytest.raises(failure, match="is too large: 64x48"):
            use(path)


def test_a_size_that_changes_in_mid_stream_stays_the_first_and_never_grows_beyond_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, large = tmp_path / "a.mjpeg", video("mjpeg", "mjpeg", "yuvj420p", 128, 96)
    path.write_bytes(WHOLE["mjpeg"] + large + WHOLE["mjpeg"])
    with closing(VideoClip(str(path))) as clip:
        assert [picture.render().shape for picture in clip.pictures()] == [(48, 64, 3)] * 24
    as_background(path)
    caplog.clear()
    monkeypatch.setattr(media_opening, "LARGEST_PX", 64 * 48)
    with closing(VideoClip(str(path))) as clip:
        assert [picture.render().shape for picture in clip.pictures()] == [(48, 64, 3)] * 16
    assert [each.getMessage() for each in caplog.records] == [
        "a.mjpeg is damaged or cut off: 8 parts could not be decoded"
    ]


LISTS = {
    "live.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nlive.m3u8\n",  # took FFmpeg 50 s, and of it no end
    "a.mp4": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
    "a.ffconcat": b"ffconcat version 1.0\nfile a.ffconcat\n",
    "a.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_is_refused_at_once(tmp_path: Path, name: str, within) -> None:
    path = tmp_path / name
    path.write_bytes(LISTS[name])
    with within(200, 3.0):
        source, background, *_ = used(path)
    assert "names other files" in source
    assert "names other files" in background


def sound() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return stream.getvalue()


NOTHING = {
    "sound only": sound(),
    "text": b"just words\n" * 99,
    "zeros": bytes(5000),
    "before the first picture": WHOLE["ffv1"][: WHOLE["ffv1"].index(bytes.fromhex("1f43b675"))],
    "a codec that nobody has": WHOLE["ffv1"].replace(b"V_FFV1", b"V_XXXX"),
    "noise": np.random.default_rng(3).bytes(20_000),
    "nothing but a header": WHOLE["mp4"][:40],
}


@pytest.mark.parametrize("what", NOTHING)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "jpg"])
def test_what_holds_no_picture(tmp_path: Path, what: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(NOTHING[what])
    source, background, *_ = used(path)
    assert source
    assert background


def test_a_clock_that_jumps_by_years_holds_nothing_up(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as file:
        made = file.add_stream("ffv1", rate=10)
        made.width, made.height, made.pix_fmt = 64, 48, "yuv420p"
        made.codec_context.time_base = Fraction(1, 1000)
        for at_ms in (0, 100, 200, 10**11, 10**11 + 100):
            frame = av.VideoFrame.from_ndarray(NOISE, format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            file.mux(made.encode(frame))
        file.mux(made.encode(None))
    with closing(VideoClip(str(path))) as clip:
        pictures = list(clip.pictures())
    assert [each.media_time_s for each in pictures] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=0.01)
    assert [each.lasts_s for each in pictures] == pytest.approx([0.1] * 5, abs=0.01)


@pytest.mark.parametrize("place", ["http://[", "rtsp://[::1/a", "x://\x1b[2J", "file:///absent/a.mp4", "://"])
def test_addresses_that_are_none(place: str) -> None:
    with pytest.raises(SourceError) as raised:
        VideoClip(place)
    assert str(raised.value).isprintable()


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "a.mp4")
    for use, failure in ((as_source, SourceError), (as_background, BackgroundError)):
        with pytest.raises(failure):
            use(tmp_path / "a.mp4")
