"""Ctrl-C twice on a whole `livebg run`: it ends at once, says nothing of its insides, and the recordings play."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from patience import Program, frames_so_far

pytestmark = pytest.mark.process
NAMES = ("out.mp4", "out.mkv")
Ended = tuple[Path, int, str]  # folder, exit code, stderr


# At once, while the loop ends, while the outputs are closed, while the interpreter ends; and three times.
GAPS_S = [(0.0,), (0.02,), (0.1,), (0.25,), (0.02, 0.02)]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[float, ...], Future[Ended]]:
    """One run for each gap, two at a time: they wait more than they work."""

    def run(gaps_s: tuple[float, ...], folder: Path) -> Ended:
        arguments = ["run", "--source", "synthetic", "--size", "320x180", "--engine", "selfie"]
        with Program(*arguments, *(word for name in NAMES for word in ("--to", name)), folder=folder) as livebg:
            for name in NAMES:
                livebg.records(folder / name, 1.0)
            livebg.signal(signal.SIGINT)
            for gap_s in gaps_s:
                time.sleep(gap_s)
                livebg.signal(signal.SIGINT)
            code, _ = livebg.end()
        return folder, code, livebg.error

    with ThreadPoolExecutor(2) as two:
        runs = {each: two.submit(run, each, tmp_path_factory.mktemp("interrupted")) for each in GAPS_S}
    return runs


@pytest.mark.parametrize("gaps_s", GAPS_S, ids=str)
def test_interrupted_again_it_ends_and_the_recordings_play(
    ended: dict[tuple[float, ...], Future[Ended]], gaps_s: tuple[float, ...]
) -> None:
    folder, code, error = ended[gaps_s].result()
    assert code in (0, 130), error
    assert "Traceback" not in error
    assert "KeyboardInterrupt" not in error
    for name in NAMES:
        assert len(frames_so_far(folder / name)) > 3


def test_interrupted_while_it_is_still_being_loaded_it_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "logging.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from livebg.__main__ import script; script()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
