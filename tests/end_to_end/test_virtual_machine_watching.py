"""Who watches the real virtual camera, how old a frame is at the reader, and what becomes of both when things go wrong.

One boot; inside, this same file runs as a script and prints what it saw as JSON. The module there is 0.12.7.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
import numbered
from patience import HANGS_S, SLACK

pytestmark = pytest.mark.vm
PATH = "/dev/video20"
WIDTH, HEIGHT, FPS = 1280, 720, 30
SECOND_WRITER = 1_000_000  # its first number


def test_who_only_looks_what_cameras_there_are_does_not_wake(seen: dict[str, Any]) -> None:
    assert not seen["is_watched_alone"], "at the start nobody is there"
    assert seen["woken_by_lists"] == []


def test_a_reader_wakes_and_its_leaving_is_noticed(seen: dict[str, Any]) -> None:
    for end in ("ends", "is killed"):
        print(end, {key: round(seen[end][key], 2) for key in ("woken_s", "left_s")})
        assert 0.2 < seen[end]["woken_s"] < 5 * SLACK, end  # the reader's own start included
        assert 2 < seen[end]["left_s"] < 5 * SLACK, end


def test_frames_arrive_whole_in_order_and_young(seen: dict[str, Any]) -> None:
    read = seen["ends"]["read"]
    assert (read["size"], read["format"], seen["format"]) == ([WIDTH, HEIGHT], "YU12", f"YU12:{WIDTH}x{HEIGHT}@{FPS}")
    numbers = [number for _, number, _ in read["frames"]]
    assert (read["failed"], read["other_at_s"]) == (0, [])
    overtaken = [after for before, after in pairwise(numbers) if after < before]
    assert len(overtaken) <= len(numbers) // 50, "the driver's ring overtakes a reader only where that comes late"
    figures = numbered.latency(read)
    print("age of a frame at the reader", json.dumps(figures))
    assert figures["fps"] > 30 / SLACK
    assert figures["age_ms_p50"] < 60 * SLACK


def test_the_last_picture_stays_when_the_writer_is_killed(seen: dict[str, Any]) -> None:
    killed = seen["killed"]
    dead = [number for at_s, number, _ in killed["frames"] if killed["killed_at_s"] + 1 < at_s < killed["again_at_s"]]
    assert len(dead) > 2 * 25 / SLACK, "the module goes on repeating it"
    assert len(set(dead)) == 1
    assert killed["failed"] == 0


def test_a_restart_takes_the_device_over_from_a_reader_who_stays(seen: dict[str, Any]) -> None:
    killed = seen["killed"]
    assert killed["is_watched_from_the_start"]
    arrived_s = [at_s for at_s, number, _ in killed["frames"] if number >= SECOND_WRITER]
    assert arrived_s
    assert arrived_s[0] - killed["again_at_s"] < 1.5 * SLACK


def test_a_device_that_fails_is_opened_again_under_its_reader(seen: dict[str, Any]) -> None:
    killed = seen["killed"]
    lost, back = killed["told"]
    assert "No space left on device" in lost
    assert "Frames are dropped until" in lost
    assert back.endswith("is back")
    assert len([at_s for at_s, *_ in killed["frames"] if at_s > killed["back_at_s"]]) > 60 / SLACK
    assert killed["frames"][-1][1] > SECOND_WRITER + 90 / SLACK


def _writer(first: int = 0) -> numbered.Writer:
    return numbered.Writer(PATH, FPS, lambda number: numbered.draw(number, WIDTH, HEIGHT), first)


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)


def _watch(writer: numbered.Writer, end: str) -> dict[str, Any]:
    """A reader comes, stays some seconds, and goes."""
    over = Path(f"/tmp/over {end}")
    came_s = time.monotonic()
    reader = _start("read", str(over))
    writer.until(lambda: writer.camera.is_watched)
    woken_at_s = time.monotonic()
    writer.for_s(3.0 if end == "ends" else 1.0)
    read = {"opened_at_s": came_s}
    if end == "is killed":
        reader.kill()
    over.touch()
    writer.until(lambda: reader.poll() is not None)
    ended_at_s = time.monotonic()
    if end == "ends":
        assert reader.stdout is not None
        read = json.loads(reader.stdout.read().splitlines()[-1])
    writer.until(lambda: not writer.camera.is_watched)
    left_s = time.monotonic() - ended_at_s
    return {"woken_s": woken_at_s - read["opened_at_s"], "left_s": left_s, "read": read}


def _lists(writer: numbered.Writer) -> list[str]:
    """Programs that open the device only to ask what it is; those that woke it."""
    woken = []
    for command in (["v4l2-ctl", "--list-devices"], ["v4l2-ctl", "-d", PATH, "--all"]):
        program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        writer.until(lambda program=program: program.poll() is not None or writer.camera.is_watched)
        writer.until(lambda: writer.camera.is_watched, 0.6)
        woken += [command[-1]] if writer.camera.is_watched else []
        program.wait()
    return woken


def _fail(writer: numbered.Writer) -> dict[str, Any]:
    """Under the sink's hands its device becomes one that takes nothing; what it says until it is back."""
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("livebg").setLevel(logging.INFO)
    logging.getLogger("livebg.sinks.virtual_camera").addHandler(handler)
    numbered.fail(PATH)
    writer.until(lambda: len(told) == 2, HANGS_S)
    return {"told": told, "back_at_s": time.monotonic()}


def _kill() -> dict[str, Any]:
    """A writer is killed while a program reads; three seconds later another one takes the device over."""
    over = Path("/tmp/over after the kill")
    killed = _start("write")
    assert killed.stdout is not None
    assert killed.stdout.readline() == "writing\n"
    reader = _start("read", str(over))
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    time.sleep(1)
    killed.kill()
    killed.wait()
    killed_at_s = time.monotonic()
    time.sleep(3)
    again_at_s = time.monotonic()
    with closing(_writer(SECOND_WRITER)) as writer:
        writer.for_s(1.0)
        is_watched = writer.camera.is_watched
        fault = _fail(writer)
        writer.for_s(2.0)
        over.touch()
        writer.until(lambda: reader.poll() is not None)
    read = json.loads(reader.stdout.read())
    marks = {"killed_at_s": killed_at_s, "again_at_s": again_at_s, "is_watched_from_the_start": is_watched}
    return read | marks | fault


def _inside() -> dict[str, Any]:
    from livebg.sinks.virtual_camera.devices import device_format

    result: dict[str, Any] = {}
    with closing(_writer()) as writer:
        writer.until(lambda: not writer.camera.is_watched)
        result["is_watched_alone"] = writer.camera.is_watched
        result["woken_by_lists"] = _lists(writer)
        result |= {end: _watch(writer, end) for end in ("ends", "is killed")}
        result["format"] = device_format(PATH)
    return result | {"killed": _kill()}


def _write() -> None:
    writer = _writer()
    writer.for_s(0.1)
    print("writing", flush=True)
    writer.for_s(HANGS_S)


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        over = Path(sys.argv[2])
        print(json.dumps(numbered.follow(PATH, lambda _: over.exists())))
    elif sys.argv[1:] == ["write"]:
        _write()
    else:
        print(json.dumps(_inside()))
