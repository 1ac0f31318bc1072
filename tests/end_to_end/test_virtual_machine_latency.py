"""How old is a picture of the camera when another program has it from the virtual camera? Through all of livebg.

One boot; inside, this same file runs as a script, four times: one process plays the webcam, a YUYV one, with pictures
that carry their number and the time they were drawn, inside a figure before a marked room; livebg runs between the two
devices; a program reads the virtual camera. The engine's work is the selfie engine's, its answer is known: the figure.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
import numbered
from patience import HANGS_S, SLACK

pytestmark = pytest.mark.vm
WEBCAM, PATH = "/dev/video10", "/dev/video20"
WIDTH, HEIGHT, FPS = 640, 360, 15
MARKER, FIGURE, BLUE = (255, 0, 255), (200, 235, 215), (255, 0, 0)  # BGR of the room, the figure, the background
ROOM = (195, 0, 195), (255, 60, 255)  # from, to: what is near enough to the marker
BODY = (slice(60, None), slice(120, 520))  # where the figure stands
CODE = (slice(100, 142), slice(152, 488))  # inside it
SECONDS = 5.0


def test_it_runs_and_ends_well(seen: dict[str, Any]) -> None:
    assert seen["code"] == 0, seen["error"]
    assert "livebg test webcam (/dev/video10): 640x360 YUYV" in seen["error"]
    read = seen["read"]
    assert (read["size"], read["format"], seen["format"]) == ([WIDTH, HEIGHT], "YU12", f"YU12:{WIDTH}x{HEIGHT}@30")


def test_frames_arrive_in_order_at_their_rate_and_young(seen: dict[str, Any]) -> None:
    numbers = [number for _, number, *_ in seen["read"]["frames"]]
    assert numbers == sorted(numbers), "never backwards"
    figures = numbered.latency(seen["read"])
    print("age of a frame at the reader, from its drawing on", json.dumps(figures), seen["output"])
    assert figures["frames"] > 15
    assert figures["fps"] > 10 / SLACK, "where one processor, shared, plays the camera, runs livebg and reads"
    assert figures["age_ms_p50"] < 150 * SLACK


def test_what_is_seen_is_the_figure_before_the_background(seen: dict[str, Any]) -> None:
    looks = [look for *_, look in seen["read"]["frames"]]
    for look in looks:
        assert np.abs(np.subtract(look["figure"], FIGURE)).max() < 10
        assert np.abs(np.subtract(look["corner"], BLUE)).max() < 10
    assert sum(look["leaked"] for look in looks) == 0


def _draw(number: int) -> Any:
    picture = np.full((HEIGHT, WIDTH, 3), MARKER, np.uint8)
    picture[BODY] = FIGURE
    picture[CODE] = numbered.draw(number, CODE[1].stop - CODE[1].start, CODE[0].stop - CODE[0].start)
    return picture


def _feed() -> None:
    """Plays the webcam until it is killed."""
    import cv2
    import pyvirtualcam

    camera = pyvirtualcam.Camera(WIDTH, HEIGHT, FPS, fmt=pyvirtualcam.PixelFormat.YUYV, device=WEBCAM)
    number, due_s = 0, time.monotonic()
    while True:
        camera.send(cv2.cvtColor(_draw(number), cv2.COLOR_BGR2YUV_YUYV))
        number, due_s = number + 1, max(due_s + 1 / FPS, time.monotonic())
        time.sleep(max(due_s - time.monotonic(), 0.0))


def _livebg() -> int:
    """`livebg run` as it is, but for what its engine answers."""
    from livebg.core.opencv import load_opencv

    load_opencv()
    import cv2

    from livebg import cli, models
    from livebg.core.types import Alpha, Frame

    class Known:
        """An engine that takes as long as `engine` and answers: whatever is not the room, wherever livebg looks."""

        def __init__(self, engine: Any) -> None:
            self._engine, self.description = engine, f"{engine.description}; its answer is replaced by the known one"
            self.reset, self.close = engine.reset, engine.close

        def matte(self, frame: Frame) -> Alpha:
            height, width = self._engine.matte(frame).values.shape
            room = cv2.inRange(frame.image, *ROOM)
            small = cv2.resize(room, (width, height), interpolation=cv2.INTER_AREA)
            return Alpha((small == 0).astype(np.float32), frame.sequence)

    open_engine = models.open_engine
    models.open_engine = lambda settings, info: Known(open_engine(settings, info))
    argv = ["run", "--camera", WEBCAM, "--size", f"{WIDTH}x{HEIGHT}", "--fps", str(FPS), "--engine", "selfie"]
    return cli.main([*argv, "--background", "#0000ff", "--to", f"virtual-camera:{PATH}"])


def _read() -> dict[str, Any]:
    import cv2

    began_s = time.monotonic()

    def leaked(picture: Any) -> int:
        """How many pixels show the room, each with all its neighbours."""
        return cv2.countNonZero(cv2.erode(cv2.inRange(picture, *ROOM), np.ones((3, 3), np.uint8)))

    def look(picture: Any) -> Any:
        code = numbered.read(picture[CODE]) if picture.shape == (HEIGHT, WIDTH, 3) else None
        if code is None:
            return None  # the standby card
        figure, corner = picture[200:340, 200:440].mean((0, 1)), picture[10:100, 10:100].mean((0, 1))
        return *code, {"figure": figure.tolist(), "corner": corner.tolist(), "leaked": leaked(picture)}

    def is_over(frames: list[Any]) -> bool:
        now_s = time.monotonic()
        return now_s - began_s > HANGS_S or (len(frames) > 25 and now_s - frames[0][0] > SECONDS)

    return numbered.follow(PATH, is_over, look)


def _until(path: str, holds: str) -> None:
    state, ends_s = Path("/sys/class/video4linux") / Path(path).name / "format", time.monotonic() + HANGS_S
    while holds not in state.read_text() and time.monotonic() < ends_s:
        time.sleep(0.05)


def _inside() -> dict[str, Any]:
    def start(part: str, **pipes: Any) -> subprocess.Popen[str]:
        # Not from the source tree: the livebg whose loops were compiled outside is the one that the tests import.
        return subprocess.Popen([sys.executable, __file__, part], cwd="/", text=True, **pipes)

    feeder = start("feed")
    _until(WEBCAM, "YUYV")
    livebg = start("livebg", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _until(PATH, f"{WIDTH}x{HEIGHT}")
    output, _ = start("read", stdout=subprocess.PIPE).communicate()
    held = Path("/sys/class/video4linux/video20/format").read_text().strip()
    livebg.send_signal(signal.SIGINT)
    said, error = livebg.communicate(timeout=HANGS_S)
    feeder.kill()
    feeder.wait()
    read = json.loads(output.splitlines()[-1])
    return {"read": read, "format": held, "code": livebg.returncode, "output": said, "error": error}


if __name__ == "__main__":
    if sys.argv[1:] == ["feed"]:
        _feed()
    elif sys.argv[1:] == ["livebg"]:
        raise SystemExit(_livebg())
    else:
        print(json.dumps(_read() if sys.argv[1:] == ["read"] else _inside()))
