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
from patience import HANGS_S, Program, until

ARGUMENTS = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="Windows has no such signals"),
]


def chapters(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(each["start"] * each["time_base"]) for each in container.chapters()]


def test_parts_pause_and_markers(tmp_path: Path) -> None:
    arguments = [*ARGUMENTS, "--to", "a.mp4", "--matte-to", "a.mkv", "--split", "2s"]
    with Program(*arguments, folder=tmp_path) as livebg:
        livebg.records(tmp_path / "a.mkv", 0.5, frames=2)
        livebg.signal(signal.SIGUSR2)
        livebg.says("marker 1")
        livebg.signal(signal.SIGUSR1)
        livebg.says("the recording is paused")
        time.sleep(3.0)  # the gap that is cut out
        livebg.signal(signal.SIGUSR1)
        livebg.says("goes on after")
        for suffix in (".mp4", ".mkv"):
            livebg.records(tmp_path / f"a-002{suffix}", 0.5, frames=2)
        livebg.signal(signal.SIGUSR2)
        livebg.says("marker 2")
        livebg.signal(signal.SIGINT)
        code, output = livebg.end()
    assert code == 0, livebg.error
    for suffix in (".mp4", ".mkv"):
        parts = sorted(tmp_path.glob(f"a-*{suffix}"), key=lambda each: each.stem)
        parts.insert(0, tmp_path / f"a{suffix}")
        seen = [read_recording(each) for each in parts]
        assert len(seen) >= 2
        assert [each.times_s[0] for each in seen] == [0.0] * len(seen)
        assert all(each.times_s[-1] < 2.0 for each in seen), [each.times_s for each in seen]
        told = re.search(rf"recording a{suffix}: (\d+) frames written in {len(parts)} parts: (.*)", livebg.error)
        assert told is not None, livebg.error
        assert sum(len(each.times_s) for each in seen) == int(told[1])
        assert told[2].split(", ") == [each.name for each in parts]
        assert int(told[1]) < int(output.split()[0]), "the loop went on in the pause"
        assert sum(len(chapters(each)) for each in parts) == 2
        assert all(0 <= at_s < 2.0 for each in parts for at_s in chapters(each))
    assert [
        line for line in livebg.lines if "paused" in line or "goes on after" in line or "livebg: marker " in line
    ] == [
        "livebg: marker 1",
        "livebg: the recording is paused; other outputs go on",
        next(line for line in livebg.lines if "goes on after" in line),
        "livebg: marker 2",
    ]
    assert list(tmp_path.glob("*.vtt")) == []


def test_after_a_kill_the_markers_lie_beside_the_file(tmp_path: Path) -> None:
    with Program(*ARGUMENTS, "--to", "a.mkv", folder=tmp_path) as livebg:
        livebg.records(tmp_path / "a.mkv", 0.5)
        livebg.signal(signal.SIGUSR2)
        until((tmp_path / "a.chapters.vtt").exists, "the marker's file")
        until(lambda: "marker 1" in (tmp_path / "a.chapters.vtt").read_text(), "the marker in it")
        livebg.signal(signal.SIGKILL)
        livebg.end()
    assert len(read_recording(tmp_path / "a.mkv").times_s) > 5
    assert re.search(r"\d\d:\d\d:\d\d\.\d{3} --> .*\nmarker 1\n", (tmp_path / "a.chapters.vtt").read_text())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--to", "b.mp4", "--split", "soon"], 2, "--split: 'soon' is neither a time"),
        (["--to", "window", "--mic", "default", "--no-control"], 2, "--mic: no output can hold sound"),
        (["--to", "b.mp4", "--split", "5s"], 6, "b-002.mp4: exists already"),
    ],
)
def test_bad_wishes_are_one_clear_line(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "b-002.mp4").touch()
    command = [sys.executable, "-m", "livebg", *ARGUMENTS, *arguments]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS_S)
    assert finished.returncode == code, finished.stderr
    assert message in finished.stderr.splitlines()[-1]
    assert not (tmp_path / "b.mp4").exists()
