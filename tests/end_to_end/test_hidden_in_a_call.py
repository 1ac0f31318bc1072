"""The button "Hide me" of the panel's page, seen by who reads the virtual camera in a call: Chromium, over PipeWire.

In a private session this same file runs as a script: the panel with its live loop, and two windows of Chromium,
its page and a call. The call notes each picture that it paints; the script prints what it saw as JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S, Program, until

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.process]

LIVE = ["--source", "synthetic", "--size", "640x360", "--fps", "15", "--engine", "selfie", "--background", "#204060"]
BACKGROUND = (0x20, 0x40, 0x60)
NEAR, SOMEONE = 12, 40  # levels: the background as it comes; what neither it nor the words of the standby image have
OPTIONS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--use-fake-ui-for-media-stream"]
OPTIONS += ["--enable-features=WebRtcPipeWireCamera"]
Call = tuple[np.ndarray, np.ndarray]
CALL_AT = "http://localhost/call"  # a camera needs a page with an origin
SMALL = (16, 9)  # px of what is kept of each picture
CALL = f"""<!doctype html><title>call</title><video id="video" autoplay muted playsinline></video><script>
const seen = [], times = [], small = new OffscreenCanvas({SMALL[0]}, {SMALL[1]});
const context = small.getContext("2d", {{willReadFrequently: true}});
function look() {{
  context.drawImage(video, 0, 0, small.width, small.height);
  seen.push([...context.getImageData(0, 0, small.width, small.height).data].filter((_, at) => at % 4 < 3));
  times.push(Date.now());
  video.requestVideoFrameCallback(look);
}}
async function join() {{
  video.srcObject = await navigator.mediaDevices.getUserMedia({{video: true}});
  video.requestVideoFrameCallback(look);
}}
</script>"""

CLICKED = """document.getElementById("hide").addEventListener(
    "click", () => { window.clicked = Date.now(); }, true)"""


@pytest.fixture(scope="module")
def call(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Call:
    """What the call saw: how far it is from the background, levels (pictures, h, w). From the first picture without
    anybody after the click to the one at which the user clicks again; and all of it."""
    from pipewire_lab import lab, run_inside
    from requirements import lacking

    if shutil.which("chromium") is None:
        lacking("browser", "needs Debian's chromium")
    folder = tmp_path_factory.mktemp("call")
    seen = json.loads(run_inside(lab(shared), sys.executable, __file__, str(folder), folder=folder))
    pictures = np.array([_distances(each) for each in seen["seen"]])
    after = np.flatnonzero((np.array(seen["times_ms"]) > seen["hide_ms"]) & ~_is_someone(pictures))
    print(f"hidden {seen['times_ms'][after[0]] - seen['hide_ms']:.0f} ms after the click")
    return pictures[after[0] : seen["shown"]], pictures


def test_hidden_from_one_picture_until_shown_again(call: Call) -> None:
    hidden, _ = call
    assert len(hidden) >= 10
    assert not _is_someone(hidden).any(), hidden.max(axis=(1, 2)).tolist()


def test_no_picture_before_or_after_shows_the_room(call: Call) -> None:
    _, pictures = call
    assert pictures[:, :, [0, -1]].max() <= NEAR, "both sides, where nobody is"


def inside(folder: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    os.environ["PYTHONPATH"] = os.environ["LIVEBG_PATH"]
    words = ["panel", "--no-browser", *LIVE, "--to", "virtual-camera:pipewire"]
    with Program(*words, folder=folder) as panel, sync_playwright() as driver:
        assert panel.process.stdout is not None
        found = re.search(r"http://\S+", panel.process.stdout.readline())
        assert found, panel.error
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        call, page = (browser.new_context().new_page() for _ in range(2))
        for each in (call, page):
            each.set_default_timeout(HANGS_S * 1000)
        page.goto(found[0])
        page.evaluate(CLICKED)
        call.route(CALL_AT, lambda route: route.fulfill(content_type="text/html", body=CALL))
        call.goto(CALL_AT)
        until(lambda: bool(call.evaluate("join().then(() => true, () => false)")), "the camera", rarest_s=0.5)
        until(lambda: _shows_someone(call), lambda: f"somebody in the picture: {panel.error}")
        call.evaluate("seen.length = times.length = 0")
        _wait_for(call, pictures=10)
        page.locator("#hide").click()
        hide_ms = page.evaluate("window.clicked")
        until(lambda: not _shows_someone(call), "the standby image")
        _wait_for(call, pictures=10)
        shown = call.evaluate("seen.length")
        page.locator("#hide").click()
        until(lambda: _shows_someone(call), "somebody again")
        _wait_for(call, pictures=5)
        seen, times_ms = call.evaluate("[seen, times]")
        browser.close()
    return {"seen": seen, "times_ms": times_ms, "hide_ms": hide_ms, "shown": shown}


def _distances(picture: list[int]) -> np.ndarray:
    """Of each pixel from the background, in levels, (h, w)."""
    pixels = np.array(picture).reshape(SMALL[1], SMALL[0], 3)
    return np.asarray(np.abs(pixels - BACKGROUND).max(axis=2))


def _is_someone(pictures: np.ndarray) -> np.ndarray:
    """bool (pictures,)."""
    return np.asarray(pictures.max(axis=(1, 2)) > SOMEONE)


def _shows_someone(call: Any) -> bool:
    newest = call.evaluate("seen.at(-1)")
    return newest is not None and bool(_is_someone(_distances(newest)[np.newaxis])[0])


def _wait_for(call: Any, pictures: int) -> None:
    begun = call.evaluate("seen.length")
    until(lambda: call.evaluate("seen.length") >= begun + pictures, f"{pictures} pictures more")


if __name__ == "__main__":
    print(json.dumps(inside(Path(sys.argv[1]))))
