"""Presets on a running livebg: from one frame to the next another background, and never the room between."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from composites import read_recording
from patience import HANGS_S, Program

from livebg.core.types import Image
from livebg.pipeline.presets import presets_folder, save_preset

ARGUMENTS = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("own_home")]


def _preset(*words: str, command: str = "preset") -> tuple[int, str]:
    command_line = [sys.executable, "-m", "livebg", command, *words]
    said = subprocess.run(command_line, capture_output=True, text=True, timeout=HANGS_S, check=False)
    return said.returncode, said.stdout or said.stderr


def _corner(image: Image) -> str:
    """Which preset's colour BGR uint8 (H, W, 3) has at its top left, where the room is gray."""
    colour = np.median(image[:20, :20, :3].reshape(-1, 3), axis=0)
    known = {"blue": (96, 64, 32), "brown": (32, 64, 128)}
    return next((name for name, bgr in known.items() if np.abs(colour - bgr).max() < 12), f"{colour}")


def test_one_after_another_by_hand_and_by_the_clock(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    save_preset("blue", {"background": "#204060"})
    save_preset("brown", {"background": "#804020", "camera": "7"})
    with Program(*ARGUMENTS, "--preset", "blue", "--to", str(film), folder=tmp_path) as livebg:
        livebg.records(film, 0.5)
        assert _preset()[1].splitlines()[1].split() == ["1", "blue", "--background", "#204060", "on"]
        (presets_folder() / "broken.toml").write_text('background = "gone.jpg"')
        code, text = _preset("broken")
        assert (code, text.startswith("livebg: background 'gone.jpg' is no file")) == (2, True), text
        assert _preset("brown") == (0, "brown: on; at the next start: --camera\n")
        livebg.says("preset: brown; at the next start: --camera")
        livebg.records(film, read_recording(film).times_s[-1] + 1)
        assert _preset("save", "now")[0] == 0
        with (presets_folder() / "blue.toml").open("a") as stream:
            stream.write("[schedule]\n")  # always, from now on
        livebg.says("preset: blue")
        livebg.records(film, read_recording(film).times_s[-1] + 1)
        assert _preset("quit", command="ctl")[0] == 0
        assert livebg.end()[0] == 0, livebg.error
    colours = [_corner(each) for each in read_recording(film).pictures]
    changes = [colours[0], *(now for before, now in pairwise(colours) if now != before)]
    assert changes == ["blue", "brown", "blue"]
    thumbnail = (presets_folder() / "now.jpg").read_bytes()
    assert thumbnail[:3] == b"\xff\xd8\xff"
