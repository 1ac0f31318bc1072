"""Ctrl-C twice on a whole `livebg run`: it ends at once, says nothing of its insides, and the recordings play."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import Program, frames_so_far

pytestmark = pytest.mark.process
NAMES = ("out.mp4", "out.mkv")


@pytest.mark.parametrize("gaps_s", [(0.0,), (0.02,), (0.1,), (0.25,), (0.02, 0.02)], ids=str)
def test_interrupted_again_it_ends_and_the_recordings_play(tmp_path: Path, gaps_s: tuple[float, ...]) -> None:
    """At once, while the loop ends, while the outputs are closed, while the interpreter ends; and three times."""
    arguments = ["run", "--source", "synthetic", "--size", "320x180", "--engine", "selfie"]
    with Program(*arguments, *(word for name in NAMES for word in ("--to", name)), folder=tmp_path) as livebg:
        for name in NAMES:
            livebg.records(tmp_path / name, 1.0)
        livebg.signal(signal.SIGINT)
        for gap_s in gaps_s:
            time.sleep(gap_s)
            livebg.signal(signal.SIGINT)
        code, _ = livebg.end()
    assert code in (0, 130), livebg.error
    assert "Traceback" not in livebg.error
    assert "KeyboardInterrupt" not in livebg.error
    for name in NAMES:
        assert len(frames_so_far(tmp_path / name)) > 3


def test_interrupted_while_it_is_still_being_loaded_it_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "logging.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from livebg.__main__ import script; script()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
