"""Ctrl-C twice on a whole `livebg run`: it ends at once, says nothing of its insides, and the recordings play."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

NAMES = ("out.mp4", "out.mkv")


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _so_far(path: Path) -> int:
    """Of a recording that is being written."""
    try:
        return _frames(path)
    except (OSError, av.FFmpegError):  # nothing whole is in it yet
        return 0


@pytest.mark.usefixtures("light_engine")
@pytest.mark.parametrize("gaps_s", [(0.0,), (0.02,), (0.1,), (0.25,), (0.02, 0.02)], ids=str)
def test_interrupted_again_it_ends_and_the_recordings_play(tmp_path: Path, gaps_s: tuple[float, ...]) -> None:
    """At once, while the loop ends, while the outputs are closed, while the interpreter ends; and three times."""
    command = [
        sys.executable,
        "-m",
        "livebg",
        "run",
        "--source",
        "synthetic",
        "--size",
        "320x180",
        "--engine",
        "selfie",
    ]
    command += [word for name in NAMES for word in ("--to", name)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline_s = time.monotonic() + 120
    while not all(_so_far(tmp_path / name) > 40 for name in NAMES):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline_s
        time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    for gap_s in gaps_s:
        time.sleep(gap_s)
        process.send_signal(signal.SIGINT)
    began_s = time.monotonic()
    _, error = process.communicate(timeout=30)
    assert process.returncode in (0, 130), error
    assert "Traceback" not in error
    assert "KeyboardInterrupt" not in error
    assert time.monotonic() - began_s < 20
    for name in NAMES:
        assert _frames(tmp_path / name) > 3


def test_interrupted_while_it_is_still_being_loaded_it_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "logging.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from livebg.__main__ import script; script()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
