"""A real virtual camera that is taken away under livebg: its node, while it is written, and the whole driver.

One boot; inside, this same file runs as a script and prints what it saw as JSON. The module there is 0.12.7, which
removes no single device: while anybody has one open it cannot be unloaded, not by force either. So livebg is made to
let go of it, by a write that fails, and in the moment until it tries again the driver is unloaded; it comes back with
another number.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
import numbered
from patience import HANGS_S, SLACK

pytestmark = pytest.mark.vm
PATH, AGAIN = "/dev/video20", "/dev/video21"
WIDTH, HEIGHT, FPS = 640, 360, 15
FAIL = Path("/tmp/fail")  # while it is there, the next write fails


def test_a_driver_that_is_in_use_cannot_be_taken_away(seen: dict[str, Any]) -> None:
    assert all("in use" in said or "unavailable" in said for said in seen["refused"]), seen["refused"]


def test_without_its_node_it_is_written_on_and_whoever_opens_the_next_node_is_seen(seen: dict[str, Any]) -> None:
    node = seen["node"]
    assert not node["is_watched_before"]
    assert (node["read"]["failed"], node["read"]["other_at_s"]) == (0, [])
    numbers = [number for _, number, _ in node["read"]["frames"]]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 45 / SLACK, "the frames of the writer that was there all the time"
    assert node["is_watched"]


def test_without_its_device_livebg_goes_on_and_says_it_once(seen: dict[str, Any]) -> None:
    driver = seen["driver"]
    assert driver["devices_meanwhile"] == []
    assert driver["ran_meanwhile"]
    told = [line for line in driver["error"].splitlines() if "Frames are dropped until" in line]
    assert len(told) == 1, driver["error"]
    assert "virtual camera /dev/video20 (livebg virtual camera): cannot be written" in told[0]
    assert driver["code"] == 0, driver["error"]
    assert "Traceback" not in driver["error"]


def test_it_takes_the_device_again_under_its_new_number(seen: dict[str, Any]) -> None:
    driver = seen["driver"]
    print("taken again after", round(driver["taken_after_s"], 2), "s")
    assert driver["taken_after_s"] < 5.0 * SLACK
    assert "virtual camera /dev/video21 (livebg virtual camera): is back" in driver["error"]
    assert driver["read"]["size"] == [WIDTH, HEIGHT]
    assert len({look for _, look in driver["read"]["frames"]}) > 1, "a picture that moves"


def _call(*command: str) -> str:
    """What it says on stderr, '' where it ended well."""
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    return done.stderr if done.returncode else ""


def _start(part: str, *arguments: str, **pipes: Any) -> subprocess.Popen[str]:
    # Not from the source tree: the livebg whose loops were compiled outside is the one that the tests import.
    return subprocess.Popen([sys.executable, __file__, part, *arguments], cwd="/", text=True, **pipes)


def _state(path: str) -> str:
    try:
        return (Path("/sys/class/video4linux") / Path(path).name / "format").read_text().strip()
    except OSError:
        return ""


def _until(is_over: Any, longest_s: float = HANGS_S) -> float:
    """How long it took."""
    began_s = time.monotonic()
    while not is_over() and time.monotonic() - began_s < longest_s:
        time.sleep(0.01)
    return time.monotonic() - began_s


def _without_node() -> dict[str, Any]:
    about = os.stat(PATH)
    with closing(numbered.Writer(PATH, FPS, lambda number: numbered.draw(number, WIDTH, HEIGHT))) as writer:
        writer.until(lambda: not writer.camera.is_watched)
        before = writer.camera.is_watched
        os.unlink(PATH)
        writer.for_s(1.0)
        os.mknod(PATH, about.st_mode, about.st_rdev)
        reader = _start("read", PATH, "code", stdout=subprocess.PIPE)
        woken: list[bool] = []
        writer.until(lambda: bool(woken.append(writer.camera.is_watched)) or reader.poll() is not None)
    assert reader.stdout is not None
    read = json.loads(reader.stdout.read().splitlines()[-1])
    return {"is_watched_before": before, "is_watched": any(woken), "read": read}


def _without_driver() -> dict[str, Any]:
    livebg = _start("livebg", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _until(lambda: f"{WIDTH}x{HEIGHT}" in _state(PATH))
    time.sleep(1.0)
    while _call("rmmod", "v4l2loopback") and livebg.poll() is None:
        FAIL.touch()
    devices = [each.name for each in Path("/sys/class/video4linux").glob("video*")]
    time.sleep(1.5)
    ran = livebg.poll() is None
    labels = "card_label=livebg test webcam,livebg virtual camera"
    refused = _call("modprobe", "v4l2loopback", "devices=2", "video_nr=10,21", "exclusive_caps=1,1", labels)
    assert not refused, refused
    taken_s = _until(lambda: f"{WIDTH}x{HEIGHT}" in _state(AGAIN))
    output, _ = _start("read", AGAIN, "change", stdout=subprocess.PIPE).communicate()
    livebg.send_signal(signal.SIGINT)
    said, error = livebg.communicate(timeout=HANGS_S)
    read = json.loads(output.splitlines()[-1])
    seen = {"devices_meanwhile": devices, "ran_meanwhile": ran, "taken_after_s": taken_s, "read": read}
    return seen | {"code": livebg.returncode, "output": said, "error": error}


def _livebg() -> int:
    """`livebg run` as it is; when it is told to fail, its device becomes one that takes nothing."""
    from livebg import cli, models
    from livebg.models.constant import ConstantEngine

    def fail() -> None:
        while not is_over.wait(0.01):
            if FAIL.exists():
                FAIL.unlink()
                numbered.fail(PATH)

    is_over = threading.Event()
    failing = threading.Thread(target=fail)
    failing.start()
    models.open_engine = lambda *_: ConstantEngine(0.0)
    argv = ["run", "--source", "synthetic", "--size", f"{WIDTH}x{HEIGHT}", "--fps", str(FPS), "--always-on"]
    try:
        return cli.main([*argv, "--background", "leaf-shadows", "--to", f"virtual-camera:{PATH}"])
    finally:
        is_over.set()
        failing.join()


def _read(path: str, what: str) -> dict[str, Any]:
    least_s = time.monotonic() + 3.0
    look = numbered.read if what == "code" else lambda picture: (round(float(picture.mean()), 3),)
    return numbered.follow(path, lambda frames: len(frames) > 12 and time.monotonic() > least_s, look)


def _inside() -> dict[str, Any]:
    with closing(numbered.Writer(PATH, FPS, lambda number: numbered.draw(number, WIDTH, HEIGHT))) as writer:
        writer.for_s(0.2)
        refused = [_call(*each.split()) for each in ("rmmod v4l2loopback", "rmmod -f v4l2loopback")]
    return {"refused": refused, "node": _without_node(), "driver": _without_driver()}


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        print(json.dumps(_read(*sys.argv[2:])))
    elif sys.argv[1:] == ["livebg"]:
        raise SystemExit(_livebg())
    else:
        print(json.dumps(_inside()))
