"""A real V4L2 camera: v4l2loopback in a small virtual machine, fed by ffmpeg, read by the webcam source.

One boot; inside, this same file runs as a script and prints what it saw as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S, SLACK

pytestmark = pytest.mark.vm
SIZE, PATH = "640x360", "/dev/video10"


def test_listed_with_its_name_and_sizes(seen: dict[str, Any]) -> None:
    assert seen["cameras"] == [[10, "livebg test webcam", PATH, [["YUYV", 640, 360, 30.0]]]]


@pytest.mark.parametrize("wanted", ["TEST WEB", PATH, "10"])
def test_read_by_name_path_and_index(seen: dict[str, Any], wanted: str) -> None:
    read = seen["read"][wanted]
    assert read["info"] == ["livebg test webcam (/dev/video10)", 640, 360, 30.0]
    assert read["sequences"] == sorted(set(read["sequences"]))
    assert 0 < read["per_second"] < 45, "not more than it sends; how many fewer, the machine says"
    assert read["colours"] > 30, "the test pattern, not a blank picture"


def test_what_was_got_is_told(seen: dict[str, Any]) -> None:
    expected = "livebg test webcam (/dev/video10): asked for 1280x720 MJPG 30, got 640x360 YUYV 30"
    assert seen["log"].count(expected) == 1


def test_a_camera_that_falls_silent_is_told_soon_and_once(seen: dict[str, Any]) -> None:
    said = ["was lost" in line for line in seen["log"] if "was lost" in line or "is back" in line]
    assert said[:4] == [True, False, True, False], "lost once for each time that its feeder went, and back again"
    assert said[4:] in ([], [True]), "a slow machine sees the last feeder go before it ends itself"
    assert seen["lost_after_s"] < 2.5 * SLACK


def test_its_feeder_is_back_and_so_is_the_picture(seen: dict[str, Any]) -> None:
    assert seen["back_after_s"] < 2.0 * SLACK
    assert seen["back_size"] == [640, 360]


def test_a_feeder_of_another_size_is_fitted_to_the_first_and_not_garbled(seen: dict[str, Any]) -> None:
    assert seen["other_size"] == [640, 360]
    assert "sends 320x240 now; fitted to 640x360" in " ".join(seen["log"])
    assert max(seen["other_halves"]) < 12, "the left half is dark and the right one bright, from the first frame on"


def test_opening_problems(seen: dict[str, Any]) -> None:
    assert seen["unfed"].startswith("livebg virtual camera (/dev/video20) cannot be opened: it delivers no pictures")
    assert (
        "camera 3 cannot be opened: there is no such camera; cameras found: 10 (livebg test webcam)" in seen["absent"]
    )


def test_a_format_that_cannot_be_read_is_told(seen: dict[str, Any]) -> None:
    assert seen["unreadable"].startswith(
        "livebg test webcam (/dev/video10) cannot be opened: it gives its pictures as BGR4, which cannot be read; "
    )


def test_a_loopback_is_not_taken_unasked(seen: dict[str, Any]) -> None:
    assert seen["unasked"].startswith(
        "no camera was found but virtual ones, which other programs feed: 10 (livebg test"
    )


def test_a_busy_camera_is_told(seen: dict[str, Any]) -> None:
    if seen["busy"] is None:
        pytest.skip("the virtual machine has no vivid camera")
    assert seen["busy"].endswith("cannot be opened: another program is using it; close that program")


def test_a_camera_that_is_pulled_is_told_and_taken_again(seen: dict[str, Any]) -> None:
    if seen["pulled"] is None:
        pytest.skip("the virtual machine has no vivid camera")
    assert seen["pulled"]["lost_after_s"] < 2.0 * SLACK
    assert seen["pulled"]["back_after_s"] < 5.0 * SLACK, "the driver's own time to come back included"


def _feeding() -> float:
    """When the webcam is fed again, monotonic clock."""
    deadline_s = time.monotonic() + HANGS_S
    while not Path("/sys/class/video4linux/video10/format").read_text().strip() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return time.monotonic()


def _next(source: Any) -> Any:
    """The next frame."""
    deadline_s = time.monotonic() + HANGS_S
    while time.monotonic() < deadline_s:
        frame = source.read(0.5)
        if frame is not None:
            return frame
    raise AssertionError(f"no frame came for {HANGS_S:g} s")


def _off(image: Any) -> float:
    """How far the two halves are from dark and bright, levels, a stripe in the middle left out."""
    middle = image.shape[1] // 2
    left, right = image[:, : middle - 20].astype(float), image[:, middle + 20 :].astype(float)
    return float(max(abs(left - 0x20).mean(), abs(right - 0xE0).mean()))


def _inside() -> None:
    """Runs in the virtual machine."""
    import logging

    from livebg.capture.camera.devices import Camera, find_camera, list_cameras
    from livebg.capture.camera.source import open_webcam
    from livebg.core import resize
    from livebg.core.errors import SourceError
    from livebg.core.settings import Settings

    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("livebg").addHandler(handler)

    def refusal(camera: Camera | str) -> str:
        try:
            found = find_camera(camera) if isinstance(camera, str) else camera
            open_webcam(found, Settings()).close()
        except SourceError as cause:
            return str(cause)
        return "no error"

    def busy() -> str | None:
        loading = ["modprobe", "vivid", "n_devs=1", "node_types=0x1", "vid_cap_nr=30"]
        if subprocess.run(loading, check=False, capture_output=True).returncode:
            return None
        camera = find_camera("/dev/video30")
        with closing(open_webcam(camera, Settings())):
            return refusal(camera)

    def unreadable() -> str:
        other = [{"yuyv422": "bgr0"}.get(each, each) for each in feed]
        with subprocess.Popen(other, stdin=subprocess.DEVNULL) as feeder:
            _feeding()
            time.sleep(0.3)
            answer = refusal(PATH)
            feeder.kill()
        return answer

    def pulled() -> dict[str, float] | None:
        if not Path("/dev/video30").exists():
            return None
        with closing(open_webcam(find_camera("/dev/video30"), Settings())) as source:
            _next(source)
            lines, begun_s = len(told), time.monotonic()
            subprocess.run(["v4l2-ctl", "-d", "/dev/video30", "-c", "disconnect=1"], check=True)
            while not any("was lost" in line for line in told[lines:]) and time.monotonic() - begun_s < HANGS_S:
                source.read(0.05)
            lost_s = time.monotonic()
            _next(source)
            return {"lost_after_s": lost_s - begun_s, "back_after_s": time.monotonic() - lost_s}

    pattern = f"testsrc2=size={SIZE}:rate=30"
    feed = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", pattern, "-pix_fmt", "yuyv422", "-f", "v4l2", PATH]
    feeder = subprocess.Popen(feed, stdin=subprocess.DEVNULL)
    deadline_s = time.monotonic() + HANGS_S
    while not list_cameras() and time.monotonic() < deadline_s:
        time.sleep(0.1)

    result: dict[str, Any] = {"read": {}}
    result["cameras"] = [
        [
            each.index,
            each.name,
            each.path,
            [[mode.pixel_format, mode.width, mode.height, mode.fps] for mode in each.modes],
        ]
        for each in list_cameras()
    ]
    resize.prepare()  # as open_source does
    for wanted in ("TEST WEB", PATH, "10"):
        pixel_format = "MJPG" if wanted == PATH else "auto"
        with closing(open_webcam(find_camera(wanted), Settings(pixel_format=pixel_format))) as source:
            frames = [source.read(HANGS_S) for _ in range(20)]
        came = [frame for frame in frames if frame is not None]
        result["read"][wanted] = {
            "info": [source.info.name, source.info.width, source.info.height, source.info.fps],
            "sequences": [frame.sequence for frame in came],
            "per_second": came[-1].sequence / (came[-1].captured_at_s - came[0].captured_at_s),
            "colours": float(came[-1].image.std()),
        }
    result["absent"], result["unasked"] = refusal("3"), refusal("auto")
    with closing(open_webcam(find_camera("webcam"), Settings())) as source:
        feeder.kill()
        feeder.wait()
        begun_s = time.monotonic()
        while not any("was lost" in line for line in told) and time.monotonic() - begun_s < HANGS_S:
            source.read(0.05)
        result["lost_after_s"] = time.monotonic() - begun_s
        while source.read(0.0) is not None:
            pass
        time.sleep(1.0)
        feeder = subprocess.Popen(feed, stdin=subprocess.DEVNULL)
        begun_s = _feeding()
        frame = _next(source)
        result["back_after_s"] = time.monotonic() - begun_s
        result["back_size"] = [frame.width, frame.height]
        feeder.kill()
        feeder.wait()
        time.sleep(2.0)
        while source.read(0.0) is not None:
            pass
        halves = "color=c=0x202020:size=160x240:rate=30[a];color=c=0xe0e0e0:size=160x240:rate=30[b];[a][b]hstack"
        feeder = subprocess.Popen([halves if each == pattern else each for each in feed], stdin=subprocess.DEVNULL)
        frames = [_next(source) for _ in range(10)]
        result["other_size"] = [frames[-1].width, frames[-1].height]
        result["other_halves"] = [_off(frame.image) for frame in frames]
        feeder.kill()
        feeder.wait()
    result["unreadable"] = unreadable()
    result["unfed"] = refusal(Camera(20, "livebg virtual camera", "/dev/video20"))
    result["busy"] = busy()
    result["log"] = list(told)
    result["pulled"] = pulled()
    print(json.dumps(result))


if __name__ == "__main__":
    _inside()
