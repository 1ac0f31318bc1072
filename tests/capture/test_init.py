"""open_source: what `--camera` and `--source` lead to, by content; and bad ones in one sentence each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from livebg.capture import open_source
from livebg.capture.camera.devices import Camera
from livebg.core.errors import SettingsError, SourceError
from livebg.core.settings import Settings


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = "import sys, livebg.capture; print([each for each in ('cv2', 'av', 'PIL', 'torch') if each in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_no_source_is_the_camera(fake_device, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_device()
    monkeypatch.setattr("livebg.capture.camera.devices.find_camera", lambda wanted: Camera(3, f"Cam {wanted}"))
    source = open_source(Settings(camera="3"))
    source.close()
    assert source.info.name == "Cam 3 (camera 3)"


@pytest.mark.slow
def test_synthetic() -> None:
    source = open_source(Settings(source="synthetic", size="64x48", fps=15, pace="every-frame"))
    assert (source.info.name, source.info.width, source.info.height, source.info.fps) == ("synthetic", 64, 48, 15)
    frame = source.read(1.0)
    source.close()
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)


def test_content_decides(make_clip, tmp_path: Path) -> None:
    picture = tmp_path / "clip-in-name.mp4"
    Pillow.new("RGB", (8, 6)).save(picture, format="PNG")
    video = make_clip("clip.mkv").rename(tmp_path / "picture-in-name.png")
    for path, size in ((picture, (8, 6)), (video, (64, 48))):
        source = open_source(Settings(source=str(path)))
        source.close()
        assert (source.info.width, source.info.height) == size


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Pillow.new("RGB", (8, 6)).save(tmp_path / "me.png")
    source = open_source(Settings(source="~/me.png"))
    source.close()
    assert source.info.name == "me.png"


def test_a_url_is_no_path() -> None:
    with pytest.raises(SourceError, match=r"^nothing://here cannot be opened"):
        open_source(Settings(source="nothing://here"))


def test_bad_paths(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, told in (
        ("missing.mp4", "does not exist"),
        (".", "is a folder"),
        ("empty.mp4", r"is empty \(0 bytes\)"),
        ("pipe", "is no plain file; give a video or picture file, or a camera by --camera"),
        ("x" * 300, "cannot be read"),
    ):
        with pytest.raises(SourceError, match=told):
            open_source(Settings(source=str(tmp_path / name)))


def test_unknown_home() -> None:
    with pytest.raises(SettingsError, match="no user's home folder"):
        open_source(Settings(source="~nobody-of-this-name/clip.mp4"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(SourceError, match="cannot be read"):
        open_source(Settings(source=str(path)))
