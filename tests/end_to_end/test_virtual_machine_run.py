"""The main job as a whole process on real devices: `livebg run` from a V4L2 camera to a v4l2loopback virtual camera.

One boot; inside, this same file runs as a script: ffmpeg plays the webcam, another program watches the virtual camera
from its first frame on, and what it saw is printed as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S, SLACK
from virtual_machine import run_inside

pytestmark = pytest.mark.vm
WIDTH, HEIGHT = 640, 360
BLUE = (255, 0, 0)  # BGR


@pytest.fixture(scope="module")
def seen(shared: Path) -> dict[str, Any]:
    return run_inside(Path(__file__), shared, str(shared / "cases" / "clips" / "d02_still_glasses.mp4"))


def test_not_one_frame_shows_the_room(seen: dict[str, Any], shared: Path) -> None:
    import cv2

    room = cv2.imread(str(shared / "cases" / "rooms" / "shelf.jpg"))
    assert room is not None
    assert np.abs(room[10:100].astype(int) - BLUE).mean() > 60, "the room would be told from the background"
    assert len(seen["room"]) > 5
    assert max(seen["room"]) < 12, "distance of the corners from the background's blue, from the first frame on"


def test_the_person_is_there(seen: dict[str, Any]) -> None:
    assert seen["person"][-1] > 60


def test_while_nobody_watches_the_camera_is_off_and_hardly_anything_is_done(seen: dict[str, Any]) -> None:
    assert not seen["holds_camera_while_idle"]
    assert seen["cpu_while_idle"] < 0.03 * SLACK, "of one emulated core; on a real one a fiftieth of it"
    assert seen["holds_camera_while_watched"]
    assert "nobody watches: the camera is off" in seen["error"]


def test_whoever_looks_again_soon_sees_the_person_and_never_the_room(seen: dict[str, Any]) -> None:
    assert seen["again_person"][-1] > 60
    assert max(seen["again_room"]) < 12
    assert seen["again_s"] < 5.0 * SLACK, "in a slow virtual machine, its ffmpeg's start included"


def test_it_ends_well_and_says_what_it_did(seen: dict[str, Any]) -> None:
    assert seen["code"] == 0, seen["error"]
    assert " frames in " in seen["output"]
    assert "livebg test webcam (/dev/video10): 640x360 YUYV 30" in seen["error"]
    assert "virtual camera /dev/video20" in seen["error"]


def _watch(longest_s: float, seconds: float) -> tuple[list[float], list[float], float]:
    """Of every frame of the virtual camera: how far its corners and its middle are from blue, 8-bit levels; and after
    how many seconds somebody was there.

    Until `seconds` after somebody is there, at most longest_s: a first start compiles livebg's loops, slowly in here.
    """
    command = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", "/dev/video20", "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    begun_s = time.monotonic()
    corners, middles, ends_s, there_s = [], [], begun_s + longest_s, float("inf")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        while time.monotonic() < ends_s:
            data = reader.stdout.read(WIDTH * HEIGHT * 3)
            frame = np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH, 3)
            corner = np.concatenate([frame[10:100, 10:100], frame[10:100, -100:-10]])
            corners.append(float(np.abs(corner.astype(int) - BLUE).mean()))
            middles.append(float(np.abs(frame[180:260, 290:350].astype(int) - BLUE).mean()))
            if middles[-1] > 60 and there_s == float("inf"):
                there_s, ends_s = time.monotonic() - begun_s, time.monotonic() + seconds
        reader.kill()
    return corners, middles, there_s


def _holds(pid: int, device: str) -> bool:
    return any(os.path.realpath(each) == device for each in Path(f"/proc/{pid}/fd").iterdir())


def _idle(process: psutil.Process) -> tuple[bool, float]:
    """Whether it holds the camera some seconds after the last reader has gone, and how much of a core it takes."""
    time.sleep(5)
    before, begun_s = process.cpu_times(), time.monotonic()
    time.sleep(2)
    after = process.cpu_times()
    spent_s = after.user + after.system - before.user - before.system
    return _holds(process.pid, "/dev/video10"), spent_s / (time.monotonic() - begun_s)


def _inside(clip: str) -> dict[str, Any]:
    size = f"scale={WIDTH}:{HEIGHT}"
    feed = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip, "-vf", size, "-pix_fmt", "yuyv422"]
    feeder = subprocess.Popen([*feed, "-f", "v4l2", "/dev/video10"])
    while not Path("/sys/class/video4linux/video10/format").read_text().strip():
        time.sleep(0.02)
    command = [sys.executable, "-m", "livebg", "run", "--camera", "test webcam", "--size", f"{WIDTH}x{HEIGHT}"]
    command += ["--engine", "selfie", "--background", "#0000ff", "--to", "virtual-camera:/dev/video20"]
    # Not from the source tree: the livebg whose loops were compiled outside is the one that the tests import.
    livebg = subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    state = Path("/sys/class/video4linux/video20/format")
    while f"{WIDTH}x{HEIGHT}" not in state.read_text() and livebg.poll() is None:
        time.sleep(0.02)
    corners, middles, _ = _watch(longest_s=HANGS_S, seconds=3.0)
    holds_watched = _holds(livebg.pid, "/dev/video10")
    holds_idle, cpu_idle = _idle(psutil.Process(livebg.pid))
    again_corners, again_middles, again_s = _watch(longest_s=HANGS_S, seconds=2.0)
    livebg.send_signal(signal.SIGINT)
    output, error = livebg.communicate(timeout=HANGS_S)
    feeder.kill()
    feeder.wait()
    return {
        "room": corners,
        "person": middles,
        "code": livebg.returncode,
        "output": output,
        "error": error,
        "holds_camera_while_watched": holds_watched,
        "holds_camera_while_idle": holds_idle,
        "cpu_while_idle": cpu_idle,
        "again_room": again_corners,
        "again_person": again_middles,
        "again_s": again_s,
    }


if __name__ == "__main__":
    print(json.dumps(_inside(sys.argv[1])))
