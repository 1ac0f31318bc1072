"""A real browser on the real virtual camera: Chromium's getUserMedia, through a writer's death and another's coming.

One boot; inside, this same file runs as a script and prints what the page saw as JSON. The page and its server are the
test material's chromium_client.py. The module there is 0.12.7.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
import numbered
from patience import HANGS_S
from virtual_machine import run_inside

pytestmark = [pytest.mark.vm, pytest.mark.browser]
PATH, LABEL = "/dev/video20", "livebg virtual camera"
FIRST, SECOND = ((40, 90, 200), (150, 60, 30)), ((60, 160, 60), (30, 40, 160))  # BGR, left and right
TRIES = 4
WATCHED_S, DEAD_S, PAGE_S = 4, 12, 24  # Chromium gives a camera up that is silent for 10 s


@pytest.fixture(scope="module")
def page(shared: Path) -> dict[str, Any]:
    from requirements import lacking

    if shutil.which("chromium") is None:
        lacking("browser", "needs Debian's chromium")
    return run_inside(Path(__file__), shared, str(shared / "v4l2" / "checks" / "chromium_client.py"))


def test_lists_it_by_its_label(page: dict[str, Any]) -> None:
    assert page.get("error") is None
    assert any(each.startswith(LABEL) for each in page["cameras"])
    assert page["label"].startswith(LABEL)
    assert page["video"] == [640, 360]


def test_goes_on_through_a_killed_writer(page: dict[str, Any]) -> None:
    print("frames in each second of the page", page["framesPerSecond"], page["timeline"])
    assert page["trackState"] == ["live", False]
    assert not [what for what, _ in page["timeline"] if what == "ended"]
    assert page["was_killed"]
    assert min(page["framesPerSecond"]) > 0, "the last picture is repeated"


def test_shows_the_next_writers_colours(page: dict[str, Any]) -> None:
    for pixel, expected in zip(page["colours"], SECOND, strict=True):
        assert max(abs(one - other) for one, other in zip(pixel, expected, strict=True)) <= 12


def _picture(colours: tuple[tuple[int, int, int], ...]) -> Any:
    image = np.empty((360, 640, 3), np.uint8)
    image[:, :320], image[:, 320:] = colours
    return image


def _is_streamed() -> bool:
    """Whether a program has the device's frames mapped, which none does that only looks what cameras there are."""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if PATH in maps.read_text():
                return True
    return False


def _until_streamed(seconds: float, longest_s: float, browser: subprocess.Popen[str]) -> None:
    """For so long without a break, as the page opens it twice; or until the browser ends."""
    began_s = since_s = time.monotonic()
    while (now_s := time.monotonic()) - since_s < seconds and now_s - began_s < longest_s and browser.poll() is None:
        since_s = since_s if _is_streamed() else now_s
        time.sleep(0.25)


def _inside(client: str) -> dict[str, Any]:
    page: dict[str, Any] = {}
    for _ in range(TRIES):  # on a busy machine Chromium may not find the camera that it has just listed
        page = _seen_by_a_page(client)
        if page.get("error") is None:
            break
    return page


def _seen_by_a_page(client: str) -> dict[str, Any]:
    import cv2

    killed = subprocess.Popen([sys.executable, __file__, "write"], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "writing\n"
    command = [sys.executable, client, "--label", LABEL, "--seconds", str(PAGE_S), "--save", "/tmp/page.png"]
    command += ["--timeout", str(HANGS_S)]
    browser = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    _until_streamed(WATCHED_S, HANGS_S, browser)
    was_reading = browser.poll() is None
    killed.kill()
    killed.wait()
    if was_reading:
        time.sleep(DEAD_S)
    with closing(numbered.Writer(PATH, 15, lambda _: _picture(SECOND))) as writer:
        writer.until(lambda: browser.poll() is not None, HANGS_S)
    assert browser.stdout is not None
    page, _ = json.JSONDecoder().raw_decode(browser.stdout.read())
    image = cv2.imread("/tmp/page.png")
    colours = [] if image is None else [image[180, 20].tolist(), image[180, -20].tolist()]
    return page | {"colours": colours, "was_killed": was_reading}


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        first = numbered.Writer(PATH, 15, lambda _: _picture(FIRST))
        first.for_s(0.5)
        print("writing", flush=True)
        first.for_s(HANGS_S)
    else:
        print(json.dumps(_inside(sys.argv[1])))
