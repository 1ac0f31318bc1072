"""A running livebg steered from another process: hidden, shown, another background, its status, its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from composites import read_recording
from patience import HANGS_S, Program, until

ARGUMENTS = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def _own_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def _ctl(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livebg", "ctl", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS_S, check=False)


def test_hide_me_and_the_rest(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    with Program(*ARGUMENTS, "--background", "#204060", "--to", str(film), folder=tmp_path) as livebg:
        livebg.records(film, 0.5)
        hidden = _ctl("hide")
        assert (hidden.returncode, hidden.stdout) == (0, "hidden\n"), hidden.stderr
        begun = json.loads(_ctl("--json").stdout)
        assert begun["state"] == "hidden"
        assert begun["engine"].startswith("selfie")
        livebg.records(film, _seconds(film) + 1)
        assert _ctl("background", "#804020").returncode == 0
        until(lambda: json.loads(_ctl("--json").stdout)["background"] == "#804020", "the new background")
        assert _ctl("show").stdout.startswith("live")
        livebg.records(film, _seconds(film) + 1)
        refused = _ctl("set", "smoothing", "7")
        assert (refused.returncode, refused.stderr) == (2, "livebg: --smoothing: 7 is outside 0..1\n")
        assert _ctl("quit").returncode == 0
        code, _ = livebg.end()
    assert code == 0, livebg.error
    assert "you are hidden: every output shows the standby image" in livebg.error
    frames = [each[..., :3] for each in read_recording(film).pictures]
    is_shown = [_has_person(each) for each in frames]
    first, last = is_shown.index(False), len(is_shown) - is_shown[::-1].index(False)
    assert all(is_shown[:first])
    assert not any(is_shown[first:last]), "hidden from one frame to another, without a gap"
    assert all(is_shown[last:])
    assert min(first, last - first, len(frames) - last) > 3
    gone = _ctl("hide")
    assert (gone.returncode, gone.stderr) == (1, "livebg: no livebg runs here; start one: livebg run\n")


def _seconds(film: Path) -> float:
    return read_recording(film).times_s[-1]


def _has_person(image: np.ndarray) -> bool:
    """Whether the middle of BGR uint8 (H, W, 3) is more than one colour: the card's caption is below it."""
    height, width = image.shape[:2]
    middle = image[height // 4 : height * 7 // 10, width // 4 : width * 3 // 4].astype(np.float32)
    return bool(middle.std(axis=(0, 1)).max() > 8)


def test_with_no_control_nobody_reaches_it(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    with Program(*ARGUMENTS, "--no-control", "--to", str(film), folder=tmp_path) as livebg:
        livebg.records(film, 0.2, frames=2)
        assert _ctl("hide").returncode == 1


def test_who_hides_is_hidden_after_a_kill_too(tmp_path: Path) -> None:
    with Program(*ARGUMENTS, "--to", str(tmp_path / "a.mkv"), folder=tmp_path) as livebg:
        livebg.records(tmp_path / "a.mkv", 0.2, frames=2)
        assert _ctl("hide").returncode == 0
        livebg.process.kill()
        livebg.end()
    plain = [*ARGUMENTS, "--background", "#204060"]
    with Program(*plain, "--to", str(tmp_path / "b.mkv"), folder=tmp_path) as livebg:
        livebg.says("livebg ended while you were hidden, so you still are")
        livebg.records(tmp_path / "b.mkv", 0.2, frames=2)
        assert _ctl("quit").stdout == "hidden\n"
        assert livebg.end()[0] == 0
    assert not any(_has_person(each[..., :3]) for each in read_recording(tmp_path / "b.mkv").pictures)
    with Program(*ARGUMENTS, "--to", str(tmp_path / "c.mkv"), folder=tmp_path) as livebg:
        livebg.records(tmp_path / "c.mkv", 0.2, frames=2)
        assert json.loads(_ctl("--json").stdout)["state"] != "hidden", "after a regular end"
