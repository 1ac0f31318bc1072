"""What users, logs and programs read of a job."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from livebg.core.errors import SourceError
from livebg.pipeline import progress
from livebg.pipeline.progress import Began, Ended, Failed, Progress, Skipped

BEGAN = Began("a.mp4", 100, 20, "selfie", ("HDR is shown as SDR",))
FAILED = Failed("a.mp4", SourceError("a.mp4 is empty"))


def _ended(path: Path) -> Ended:
    path.write_bytes(b"0" * 1_500_000)
    return Ended("a.mp4", (path,), 80, 4.0, 2.0, 1, ("sound: aac, copied",))


def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teller, now_s = progress.Lines(), 1000.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s)
    assert list(teller.report(BEGAN)) == [
        "a.mp4: 100 frames, 20 of them done before; engine: selfie; HDR is shown as SDR"
    ]
    assert list(teller.report(Progress("a.mp4", 30, 100, 7.0))) == []
    now_s += 10
    assert list(teller.report(Progress("a.mp4", 30, 100, 7.0))) == ["a.mp4: 30 of 100 frames (30%), 7.0 fps, 0:10 left"]
    (line,) = teller.report(_ended(tmp_path / "b.mp4"))
    assert line == (
        f"a.mp4 → {tmp_path}/b.mp4: 80 frames, 4.00 s in 2.0 s (40.0 fps, 2 times its own pace), 1.5 MB; 1 frame "
        "without a valid matte shows the background alone; sound: aac, copied"
    )
    assert list(teller.report(FAILED)) == ["a.mp4: failed: a.mp4 is empty"]
    skipped = Skipped("a.mp4", (Path("b.mkv"), Path("c.mkv")))
    for each in (teller, progress.Lines(is_quiet=True)):
        assert list(each.report(skipped)) == ["a.mp4: already done: b.mkv and c.mkv"]


def test_quiet_lines_tell_the_end_alone(tmp_path: Path) -> None:
    teller = progress.Lines(is_quiet=True)
    assert list(teller.report(BEGAN)) == []
    assert len(list(teller.report(_ended(tmp_path / "b.mp4")))) == 1


def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    teller = progress.Json()
    events = [
        BEGAN,
        Progress("a.mp4", 30, 100, 7.0),
        Progress("a.mp4", 31, 100, 7.0),
        _ended(tmp_path / "b.mp4"),
        FAILED,
    ]
    told = [json.loads(line) for event in events for line in teller.report(event)]
    assert [each["event"] for each in told] == ["began", "progress", "ended", "failed"]
    assert told[1] == {"event": "progress", "input": "a.mp4", "done": 30, "frames": 100, "fps": 7.0, "left_s": 10.0}
    assert told[2]["outputs"] == [str(tmp_path / "b.mp4")]
    assert told[3]["code"] == 3


def test_a_cut_off_run_says_how_to_go_on(tmp_path: Path) -> None:
    whole = _ended(tmp_path / "b.mp4")
    cut = Ended(whole.name, whole.outputs, 10, 0.4, 1.0, 0, (), is_whole=False)
    assert progress.summary(cut).startswith("cut off: a.mp4 → ")
    assert progress.summary(cut).endswith("go on with --resume")


def test_what_was_finished_before_has_no_rate(tmp_path: Path) -> None:
    before = Ended("a.mp4", (tmp_path / "b.mp4",), 0, 0.0, 0.0, 0, ("was finished before",))
    assert progress.summary(before) == f"a.mp4 → {tmp_path / 'b.mp4'}; was finished before"


def test_a_bar_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", screen)
    teller = progress.reporter_for("auto")
    lines = [line for event in (BEGAN, Progress("a.mp4", 100, 100, 7.0)) for line in teller.report(event)]
    assert lines == ["a.mp4: HDR is shown as SDR"]
    assert len(list(teller.report(_ended(tmp_path / "b.mp4")))) == 1
    assert "80/80" in screen.getvalue()
    teller.close()


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00"), (61.6, "1:02"), (7384, "2:03:04")])
def test_clock(seconds: float, text: str) -> None:
    assert progress.clock(seconds) == text


def test_no_terminal_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(progress.reporter_for("auto"), progress.Lines)
