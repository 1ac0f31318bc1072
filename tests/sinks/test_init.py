from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from composites import composite, read_recording
from requirements import needs_opencv_windows

from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.core.types import FrameSink
from livebg.sinks import SinkNeeds, locked_outputs, open_sinks
from livebg.sinks.preview import window
from livebg.sinks.preview.window import Preview
from livebg.sinks.recording.recorder import Recorder
from livebg.sinks.still_image import StillImageSink
from livebg.sinks.streaming.sink import Streamer
from livebg.sinks.virtual_camera import devices


def opened(*to: str, is_transparent: bool = False, **values: object) -> list[FrameSink]:
    return open_sinks(
        SinkNeeds(
            Settings(to=to, **values),  # type: ignore[arg-type]  # the test's own names
            may_drop=False,
            is_transparent=is_transparent,
            on_action=lambda _: None,
            statistics=lambda: "",
        )
    )


def test_any_number_at_once_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_opencv_windows()
    monkeypatch.setattr(window, "why_no_screen", lambda: "")
    sinks = opened(
        str(tmp_path / "a.mp4"),
        "window",
        str(tmp_path / "b.png"),
        matte_to=str(tmp_path / "m.mkv"),
        mirror_preview=True,
    )
    assert [type(each) for each in sinks] == [Recorder, Preview, StillImageSink, Recorder]
    assert [each.is_live for each in sinks] == [False, True, False, False]
    assert isinstance(sinks[1], Preview)
    assert sinks[1].view.is_mirrored
    assert list(tmp_path.iterdir()) == []
    for each in sinks:
        each.close()


def test_composite_and_matte_are_recorded_frame_for_frame(tmp_path: Path) -> None:
    sinks = opened(str(tmp_path / "a.mkv"), matte_to=str(tmp_path / "m.mkv"), is_transparent=True)
    for sequence in range(5):
        for each in sinks:
            each.write(composite(sequence / 25, is_transparent=True))
    for each in sinks:
        each.close()
    colour, matte = read_recording(tmp_path / "a.mkv"), read_recording(tmp_path / "m.mkv")
    assert (colour.pixel_format, matte.pixel_format) == ("bgra", "gray")
    assert colour.times_s == matte.times_s == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16])
    assert (colour.pictures[0][..., 3] == matte.pictures[0]).all()


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (("speaker",), "speaker.*neither virtual-camera.*window.*mp4"),
        (("a.avi",), "neither"),
        (("a.mp4", "a.mp4"), "named twice"),
        (("a.mp4", "./a.mp4"), "named twice"),
        (("window", "window"), "named twice"),
        (("no/a.mp4",), "does not exist"),
        (("srt://h/secret",), "output srt://h: livebg cannot send SRT"),
        (("rtmp://h/secret", "rtmp://h/secret"), "output rtmp://h: is named twice"),
    ],
)
def test_what_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(window, "why_no_screen", lambda: "")
    with pytest.raises(SinkError, match=message) as raised:
        opened(*to)
    assert "secret" not in str(raised.value)


def test_a_stream_connects_with_its_first_composite(tmp_path: Path) -> None:
    settings = Settings(to=("rtmp://127.0.0.1:1/app/secret", str(tmp_path / "a.png")), stream_bitrate=900)
    with locked_outputs(settings):
        stream, _ = opened(*settings.to, stream_bitrate=900)
    assert isinstance(stream, Streamer)
    assert stream.name == "stream to rtmp://127.0.0.1"
    stream.close()
    with pytest.raises(SinkError, match=r"output rtmp://h: a matte is recorded to \.mkv"):
        opened(matte_to="rtmp://h/secret")


def test_transparency_and_matte_need_files_that_hold_them(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"transparency.*\.mkv"):
        opened(str(tmp_path / "a.mp4"), is_transparent=True)
    with pytest.raises(SinkError, match=r"\.mkv, \.png"):
        opened(matte_to=str(tmp_path / "m.mp4"))
    with pytest.raises(SinkError, match="named twice"):
        opened(str(tmp_path / "m.mkv"), matte_to=str(tmp_path / "m.mkv"))


def test_one_that_fails_closes_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    for kind in (Recorder, StillImageSink):
        monkeypatch.setattr(kind, "close", lambda self: closed.append(self.name))
    with pytest.raises(SinkError, match="neither"):
        opened(str(tmp_path / "a.mp4"), str(tmp_path / "b.png"), "nonsense")
    assert closed == [f"picture {tmp_path / 'b.png'}", f"recording {tmp_path / 'a.mp4'}"]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(SinkError, match="--force"):
        opened(str(tmp_path / "a.mp4"))
    assert len(opened(str(tmp_path / "a.mp4"), force=True)) == 1
    assert (tmp_path / "a.mp4").read_bytes() == b"old"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="v4l2loopback is Linux'")
def test_the_virtual_camera_is_looked_for_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "SYSFS", tmp_path)
    for where in ("virtual-camera", "virtual-camera:/dev/video20"):
        with pytest.raises(SinkError, match="modprobe v4l2loopback"):
            opened(where)


@pytest.mark.slow
def test_only_what_is_used_is_loaded() -> None:
    code = (
        "import sys; from livebg.core.settings import Settings; from livebg.sinks import SinkNeeds, open_sinks;"
        "open_sinks(SinkNeeds(Settings(to=('a.png',)), True, False, print, str));"
        "print({'av', 'pyvirtualcam', 'torch'} & set(sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "set()"


def test_the_files_of_a_run_are_its_own_until_it_ends(tmp_path: Path) -> None:
    settings = Settings(to=(str(tmp_path / "a.mp4"), "window"), matte_to=str(tmp_path / "m.mkv"))
    for other in (Settings(to=(str(tmp_path / "m.mkv"),)), Settings(to=(str(tmp_path / "a.mp4"),))):
        with locked_outputs(settings), pytest.raises(SinkError, match="another livebg"), locked_outputs(other):
            """Another run wants one of them."""
        with locked_outputs(other):
            """Nobody has it now."""
