"""Tables for people say what was measured, in step; objects for programs have the promised keys."""

from __future__ import annotations

from bench_runs import run

from livebg.bench import report
from livebg.core.settings import Settings


def test_one_configuration_as_an_object() -> None:
    told = run(settings={"stride": 2})
    assert told["engine"] == "selfie"
    for key in (
        "fps",
        "frame_ms",
        "cpu_ms_per_frame",
        "memory_mb",
        "stages",
        "latency_ms",
        "dropped",
        "start_s",
        "size",
    ):
        assert told[key] is not None
    assert told["settings"]["stride"] == 2
    assert told["settings"]["background"] == Settings().background
    assert told["flat_out"]["fps"] == 100
    assert told["first_start_s"] == 4.0


def test_one_configuration_as_text() -> None:
    text = "\n".join(report.lines(run()))
    for words in (
        "30.0 fps, 300 frames, 0 dropped",
        "20.0 ms of CPU time per frame: 30 % of all cores at 30 fps",
        "150 MB, 180 MB at most",
        "1.0 s from the start of the process to the first composite (4.0 s the first time here)",
        "key frames 100",
    ):
        assert words in text
    assert text.splitlines()[-1].split() == ["capture", "to", "output", "10.0", "15.0", "15.0"]
    assert "without a valid matte" not in text
    blind = "\n".join(report.lines(run(counts={"standby_frames": 75})))
    assert "30.0 fps, 300 frames, 0 dropped, 75 without a valid matte (standby shown)" in blind
    assert "counted" not in blind
    assert "counted" not in "\n".join(report.lines(run(counts={})))


def test_a_command_is_ready_for_the_shell() -> None:
    values = {"weights": "my models/a.pth", "fps": 24.0, "matte_size": 192}
    assert report.command(values) == "livebg run --weights 'my models/a.pth' --fps 24 --matte-size 192"


def test_a_busy_machine_is_said() -> None:
    assert report.load_note({"load": "0.2 0.1 0.1", "cores": "2"}) == []
    assert "2.0 times busy" in report.load_note({"load": "4.0 0.1 0.1", "cores": "2"})[0]
