"""The real virtual camera: v4l2loopback in a small virtual machine, written by the sink, read by other programs.

One boot; inside, this same file runs as a script and prints what it saw as JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S, SLACK

pytestmark = pytest.mark.vm
PATH = "/dev/video20"
LEFT, RIGHT = (40, 90, 200), (150, 60, 30)  # BGR


def near(pixel: list[int], expected: tuple[int, ...]) -> bool:
    return max(abs(one - other) for one, other in zip(pixel, expected, strict=True)) <= 6


def test_listed_and_the_free_one_chosen(seen: dict[str, Any]) -> None:
    assert seen["listed"] == ["/dev/video10 (livebg test webcam)", "/dev/video20 (livebg virtual camera)"]
    assert seen["chosen"] == "virtual camera /dev/video20 (livebg virtual camera)"


@pytest.mark.parametrize("reader", ["opencv", "ffmpeg"])
def test_another_program_sees_the_composite(seen: dict[str, Any], reader: str) -> None:
    read = seen[reader]
    assert read["size"] == [640, 360]
    assert near(read["left"], LEFT), "not mirrored, right colours"
    assert near(read["right"], RIGHT)


def test_a_silent_pipeline_keeps_the_camera_alive(seen: dict[str, Any]) -> None:
    assert seen["opencv"]["frames_while_silent"] >= 20 / SLACK


def test_a_second_writer_is_refused(seen: dict[str, Any]) -> None:
    assert "another livebg has it; end the other program" in seen["second"]
    assert "\n" not in seen["second"]


def test_opens_again_and_again_at_any_size(seen: dict[str, Any]) -> None:
    assert seen["formats"] == ["YU12:640x360@30", "YU12:1280x720@30", "YU12:322x242@30", "YU12:2x2@30"]
    assert seen["after_kill"] == "YU12:320x240@30"


def test_a_reader_that_stays_keeps_the_size(seen: dict[str, Any]) -> None:
    assert seen["held"] == "YU12:640x360@30"
    assert "reads it at 640x360" in seen["log"]
    assert near(seen["opencv"]["last_left"], LEFT), "still a picture, not garbage"
    assert near(seen["opencv"]["last_right"], RIGHT)


def test_a_node_that_is_no_loopback_is_refused(seen: dict[str, Any]) -> None:
    assert "virtual cameras found: /dev/video10 (livebg test webcam), /dev/video20" in seen["stranger"]


def _picture(width: int, height: int) -> Any:
    import numpy as np

    from livebg.core.types import Composite

    image = np.empty((height, width, 3), np.uint8)
    image[:], image[:, : width // 2] = RIGHT, LEFT
    return Composite(image)


def _read(silence_s: float, until: Path) -> None:
    """The other program: reads by OpenCV, first what comes, then while the writer is silent, then until told to end."""
    import cv2

    camera = cv2.VideoCapture(PATH, cv2.CAP_V4L2)
    picture = camera.read()[1]
    height, width = picture.shape[:2]
    result = {"size": [width, height], "left": picture[9, 9].tolist(), "right": picture[9, -9].tolist()}
    print("reading", flush=True)
    ends_s, frames = time.monotonic() + silence_s, 0
    while time.monotonic() < ends_s:
        frames += camera.read()[0]
    result["frames_while_silent"] = frames
    while not until.exists():
        picture = camera.read()[1]
    result["last_left"], result["last_right"] = picture[180, 20].tolist(), picture[180, -20].tolist()
    print(json.dumps(result))


def _write_until(is_over: Callable[[], bool], camera: Any, composite: Any) -> None:
    deadline_s = time.monotonic() + HANGS_S
    while not is_over() and time.monotonic() < deadline_s:
        camera.write(composite)
        time.sleep(0.03)


def _ffmpeg_sees() -> dict[str, Any]:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "v4l2",
        "-i",
        PATH,
        "-frames:v",
        "1",
        "-pix_fmt",
        "bgr24",
        "-f",
        "rawvideo",
    ]
    done = subprocess.run([*command, "-"], stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=HANGS_S)
    row = list(done.stdout[: 640 * 3])
    return {"size": [640, len(done.stdout) // (640 * 3)], "left": row[27:30], "right": row[-27:-24]}


def _inside() -> None:
    """Runs in the virtual machine."""
    import logging

    from livebg.core.errors import SinkError
    from livebg.sinks.virtual_camera.devices import device_format, list_virtual_cameras
    from livebg.sinks.virtual_camera.sink import VirtualCamera

    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("livebg").addHandler(handler)

    def refusal(device: str) -> str:
        try:
            with closing(VirtualCamera(device)) as camera:
                camera.write(_picture(64, 48))
        except SinkError as cause:
            return str(cause)
        return "no error"

    result: dict[str, Any] = {"listed": [str(each) for each in list_virtual_cameras()], "formats": []}
    with closing(VirtualCamera("10")) as webcam:
        webcam.write(_picture(64, 48))
        with closing(VirtualCamera()) as chosen:
            result["chosen"] = chosen.name
    for size in ((640, 360), (1280, 720), (321, 241), (1, 1)):
        with closing(VirtualCamera(PATH)) as camera:
            camera.write(_picture(*size))
            camera.write(_picture(*size))
            result["formats"].append(device_format(PATH))

    killed = subprocess.Popen([sys.executable, __file__, "write"], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "writing\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with closing(VirtualCamera(PATH)) as camera:
        camera.write(_picture(320, 240))
        result["after_kill"] = device_format(PATH)

    over = Path("/tmp/over")
    with closing(VirtualCamera(PATH)) as camera:
        camera.write(_picture(640, 360))
        result["ffmpeg"] = _ffmpeg_sees()
        result["second"] = refusal(PATH)
        reader = subprocess.Popen([sys.executable, __file__, "read", "1", str(over)], stdout=subprocess.PIPE, text=True)
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        time.sleep(1.2)
    with closing(VirtualCamera(PATH)) as camera:
        camera.write(_picture(1280, 720))
        result["held"] = device_format(PATH)
        started_s = time.monotonic()
        _write_until(lambda: time.monotonic() > started_s + 1, camera, _picture(1280, 720))
        over.touch()
        _write_until(lambda: reader.poll() is not None, camera, _picture(1280, 720))
    result["opencv"] = json.loads(reader.stdout.read())
    result["stranger"] = refusal("/dev/null")
    result["log"] = "\n".join(told)
    print(json.dumps(result))


def _write() -> None:
    from livebg.sinks.virtual_camera.sink import VirtualCamera

    VirtualCamera(PATH).write(_picture(640, 480))
    print("writing", flush=True)
    time.sleep(HANGS_S)


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        _read(float(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1:] == ["write"]:
        _write()
    else:
        _inside()
