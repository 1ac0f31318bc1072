"""`livebg run` as a whole process while it records: parts, a pause and markers by signals, a kill in the middle."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from composites import read_recording
from requirements import lacking

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signals")

COMMAND = [sys.executable, "-m", "livebg", "run", "--source", "synthetic", "--size", "320x180", "--fps", "15"]
COMMAND += ["--engine", "selfie"]


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """It runs, and its first file is there."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline_s = time.monotonic() + 180
    while not list(folder.glob("a*")) and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.02)
    if process.poll() == 4:
        lacking("selfie", process.communicate()[1].splitlines()[-1])
    return process


def chapters(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(each["start"] * each["time_base"]) for each in container.chapters()]


def test_parts_pause_and_markers(tmp_path: Path) -> None:
    process = begun(tmp_path, "--to", "a.mp4", "--matte-to", "a.mkv", "--split", "2s")
    for wait_s, number in ((1.0, signal.SIGUSR2), (0.5, signal.SIGUSR1), (3.0, signal.SIGUSR1), (2.5, signal.SIGUSR2)):
        time.sleep(wait_s)
        process.send_signal(number)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=30)
    assert process.returncode == 0, error
    for suffix in (".mp4", ".mkv"):
        parts = sorted(tmp_path.glob(f"a-*{suffix}"), key=lambda each: each.stem)
        parts.insert(0, tmp_path / f"a{suffix}")
        seen = [read_recording(each) for each in parts]
        assert len(seen) >= 2
        assert [each.times_s[0] for each in seen] == [0.0] * len(seen)
        assert all(each.times_s[-1] < 2.0 for each in seen), [each.times_s for each in seen]
        told = re.search(rf"recording a{suffix}: (\d+) frames written in {len(parts)} parts: (.*)", error)
        assert told is not None, error
        assert sum(len(each.times_s) for each in seen) == int(told[1])
        assert told[2].split(", ") == [each.name for each in parts]
        shown = int(output.split()[0])  # the loop went on in the pause
        assert int(told[1]) < shown - 15
        assert sum(len(chapters(each)) for each in parts) == 2
        assert 0.5 < chapters(parts[0])[0] < 2.0
    assert [line for line in error.splitlines() if "paused" in line or "goes on after" in line or "marker" in line] == [
        "livebg: marker 1",
        "livebg: the recording is paused; other outputs go on",
        next(line for line in error.splitlines() if "goes on after" in line),
        "livebg: marker 2",
    ]
    assert list(tmp_path.glob("*.vtt")) == []


def test_after_a_kill_the_markers_lie_beside_the_file(tmp_path: Path) -> None:
    process = begun(tmp_path, "--to", "a.mkv")
    time.sleep(1.5)
    process.send_signal(signal.SIGUSR2)
    time.sleep(2.0)
    process.kill()
    process.communicate(timeout=30)
    assert len(read_recording(tmp_path / "a.mkv").times_s) > 5
    assert re.search(r"00:00:0[0-3]\.\d{3} --> .*\nmarker 1\n", (tmp_path / "a.chapters.vtt").read_text())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--to", "b.mp4", "--split", "soon"], 2, "--split: 'soon' is neither a time"),
        (["--to", "window", "--mic", "default"], 2, "--mic: nothing is recorded"),
        (["--to", "b.mp4", "--split", "5s"], 6, "b-002.mp4: exists already"),
    ],
)
def test_bad_wishes_are_one_clear_line(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "b-002.mp4").touch()
    finished = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert finished.returncode == code, finished.stderr
    assert message in finished.stderr.splitlines()[-1]
    assert not (tmp_path / "b.mp4").exists()
