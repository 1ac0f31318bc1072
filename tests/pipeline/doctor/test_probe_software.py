from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

import pytest
from plugin_package import installed
from sound import FakeSounds

from livebg.core.errors import LivebgError
from livebg.media import free_space
from livebg.pipeline.doctor import probe_software


def test_the_settings_file_absent_good_and_broken(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert not probe_software.settings(path)[0].is_there
    path.write_text('device = "cpu"\nengine = "selfie"\n')
    seen, values = probe_software.settings(path)
    assert (seen.is_there, seen.problem, seen.device, seen.engine) == (True, "", "cpu", "selfie")
    assert values.device == "cpu"
    path.write_text("fps = many\n")
    seen, values = probe_software.settings(path)
    assert "is not valid TOML" in seen.problem
    assert values.device == "auto", "the others are looked at with the defaults"
    path.unlink()
    path.mkdir()
    assert "not a plain file" in probe_software.settings(path)[0].problem


def test_plug_ins_and_which_of_them_load(tmp_path: Path) -> None:
    assert probe_software.plugins() == ()
    with installed(tmp_path):
        found = {each.name: each for each in probe_software.plugins()}
    assert (found["half"].kind, found["half"].package, found["half"].problem) == ("engine", "livebg-extra 1.2", "")
    assert "cannot be loaded" in found["absent"].problem


def test_packages_that_fit_are_absent_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"av": "18.1.0", "opencv-python-headless": "4.12.0", "numpy": "1.26.4"}
    wanted = ["av>=18", "opencv-python>=4.12", "numpy>=2.0", "psutil>=6", "pillow-heif; extra == 'heic'"]

    def version(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "requires", lambda _: wanted)
    monkeypatch.setattr(importlib.metadata, "version", version)
    found = probe_software.packages()
    assert found is not None
    assert [(each.name, each.version, each.fits) for each in found] == [
        ("av", "18.1.0", True),
        ("numpy", "1.26.4", False),
        ("opencv-python-headless", "4.12.0", True),
        ("psutil", "", False),
    ]

    def unknown(_: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "requires", unknown)
    assert probe_software.packages() is None


def test_opencv_and_its_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    probe_software.opencv()
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform.startswith("linux"):
        assert "no screen" in probe_software.screen()

    def fail() -> None:
        raise LivebgError("OpenCV needs libGL.so.1")

    monkeypatch.setattr(probe_software, "load_opencv", fail)
    with pytest.raises(LivebgError, match="libGL"):
        probe_software.opencv()
    assert probe_software.screen() == "OpenCV does not load"


def test_microphones_or_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", FakeSounds())  # type: ignore[arg-type]
    assert probe_software.microphones() == ("Desk Mic", "Webcam Pro: Audio")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(LivebgError, match="sounddevice"):
        probe_software.microphones()


def test_encoders_in_software(monkeypatch: pytest.MonkeyPatch) -> None:
    found = probe_software.codecs()
    assert [each.name for each in found] == list(probe_software.CODECS)
    assert all(each.software for each in found), "of PyAV's wheels"
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError):
        probe_software.codecs()


def test_one_disk_for_all_folders_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "not" / "there" / "yet"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (disk,) = probe_software.disks()
    assert (disk.use, disk.path, disk.is_writable) == ("recordings, models, caches", str(tmp_path), True)
    assert disk.free_bytes == pytest.approx(free_space.free_bytes(tmp_path / "film.mp4"), rel=0.1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows keeps a folder that a process stands in")
def test_a_current_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "recordings" not in " ".join(each.use for each in probe_software.disks())
