"""The panel as its user sees it: Chromium, `livebg panel`, and a live loop, whole processes; one of each for all tests.

LIVEBG_SCREENSHOTS names a folder for pictures of the page, to look at.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from accessibility import FAINT, NAMELESS
from patience import HANGS_S, Program, frames_so_far, until
from requirements import lacking

from livebg.core.errors import LivebgError
from livebg.pipeline.live.client import Client, running

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIRST, SECOND = (0x20, 0x40, 0x60), (0x80, 0x40, 0x20)  # backgrounds
LIVE = ["--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie", "--background", "#204060"]
OPTIONS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
NEAR = 24  # JPEG at 320x180

CORNERS = """const context = document.getElementById("composite").getContext("2d");
    const {width, height} = context.canvas;
    const at = (x, y) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
    return [at(4, 4), at(width - 5, 4)];"""
DROPPED = """bytes => { const given = new DataTransfer();
    given.items.add(new File([new Uint8Array(bytes)], "dropped.png", {type: "image/png"})); return given; }"""
DROP = """transfer => !document.body.dispatchEvent(
    new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}))"""
EMPTY = """(() => { const canvas = document.getElementById("person");
    return !canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean); })()"""
TELL = """async text => (await import("/static/told.js")).told(text)"""
MISTOLD = """async () => {  // the server's sentences that another one's words fit better
    const { told } = await import("/static/told.js");
    const all = Object.entries(await (await fetch("/api/words/es")).json());
    const words = all.filter(([key]) => key.startsWith("said."));
    const filled = (text) => { let place = 0; return text.replace(/\\{\\}/g, () => `X${++place}`); };
    return words.filter(([key, own]) => told(filled(key.slice(5))) !== filled(own)).map(([key]) => key);
}"""
UNEVEN = """[".pair figcaption", ".numbers dd"].filter(each => {  // neighbours whose texts are not on one line
    const ends = {};
    for (const element of document.querySelectorAll(each)) {
        const top = Math.round(element.parentElement.getBoundingClientRect().top);
        (ends[top] ??= new Set()).add(Math.round(element.getBoundingClientRect().bottom));
    }
    return Object.values(ends).some(every => every.size > 1);
})"""
WATCH = f"""window.seen = [];
    const look = () => {{ window.seen.push((() => {{ {CORNERS} }})()); window.looking = requestAnimationFrame(look); }};
    look();"""


LOADED = """[...document.querySelectorAll("#gallery img")].length > 10
    && [...document.querySelectorAll("#gallery img")].every((each) => each.complete && each.naturalWidth)"""
AT_ONCE = """(() => { const all = performance.getEntriesByType("resource").filter((each) => each.name.includes(".jpg"));
    const isOn = (each, then) => each.startTime <= then && then < each.responseEnd;
    return all.map((one) => all.filter((each) => isOn(each, one.startTime)).length);
    })()"""


@dataclass
class Site:
    """The panel's process, its address with the token, and the browser."""

    panel: Program
    address: str
    browser: Any
    arguments: list[str]
    folder: Path

    def open(self, width: int = 1280, address: str = "", script: str = "", **more: Any) -> Any:
        """A new user's window."""
        context = self.browser.new_context(viewport={"width": width, "height": 860}, **{"locale": "en-GB", **more})
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(HANGS_S * 1000)
        page.mistakes = []
        page.on("pageerror", lambda failure: page.mistakes.append(str(failure)))
        page.on("console", lambda said: page.mistakes.append(said.text) if "Content Security" in said.text else None)
        page.goto(address or self.address)
        return page

    @property
    def loop(self) -> int:
        """The process of the live loop."""
        (pid,) = [each for each in running() if psutil.pid_exists(each)]
        return pid


def _address(panel: Program) -> str:
    assert panel.process.stdout is not None
    line = panel.process.stdout.readline()
    assert line, panel.error
    found = re.search(r"http://\S+", line)
    assert found, line
    return found[0]


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("browser", "needs Debian's chromium")
    folder = tmp_path_factory.mktemp("panel")
    with pytest.MonkeyPatch.context() as patch:
        for each in ("RUNTIME_DIR", "STATE_HOME", "DATA_HOME", "CONFIG_HOME"):
            patch.setenv(f"XDG_{each}", str(folder))
        patch.setenv("HOME", str(folder))
        arguments = ["panel", "--no-browser", "--port", str(_free_port()), *LIVE, "--to", "none"]
        with Program(*arguments, folder=folder) as panel, playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
            opened = Site(panel, _address(panel), browser, arguments, folder)
            until(lambda: _is_live(opened), "the live loop")
            yield opened
            browser.close()
            if panel.process.poll() is None:  # not all tests ran
                panel.signal(signal.SIGINT)
                panel.end()


def _is_live(site: Site) -> bool:
    assert site.panel.process.poll() is None, site.panel.error
    try:
        with Client() as client:
            return client.status()["state"] == "live"
    except LivebgError:
        return False


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    opened = site.open()
    _moves(opened)
    yield opened
    assert opened.mistakes == []
    for each in site.browser.contexts:
        each.close()


def _frames(page: Any) -> int:
    return int(page.evaluate("Number(document.getElementById('composite').dataset.frames ?? 0)"))


def _moves(page: Any) -> None:
    before = _frames(page)
    until(lambda: _frames(page) >= before + 3, lambda: f"a moving picture; {page.mistakes}")


def _corners(page: Any) -> np.ndarray:
    return np.array(page.evaluate(f"(() => {{ {CORNERS} }})()"))


def _is(found: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(found - colour).max() <= NEAR)


def _paint(page: Any, colour: str) -> None:
    """As the user's choice in the browser's own dialogue does."""
    page.locator("#special input[type=color]").evaluate(
        "(box, colour) => { box.value = colour; box.dispatchEvent(new Event('change')); }", colour
    )


def _has_person(jpeg: bytes) -> bool:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    middle = picture[height // 4 : height * 7 // 10, width // 4 : width * 3 // 4].astype(np.float32)
    return bool(middle.std(axis=(0, 1)).max() > 8)


def test_the_picture_moves_and_the_background_changes_without_the_room(page: Any) -> None:
    assert page.locator("#state-word").inner_text() == "Live"
    assert "token" not in page.url
    until(lambda: _is(_corners(page), FIRST), lambda: f"the first background: {_corners(page)}")
    page.evaluate(WATCH)
    _paint(page, "#804020")
    until(lambda: _is(_corners(page), SECOND), lambda: f"the second background: {_corners(page)}")
    seen = page.evaluate("cancelAnimationFrame(window.looking), window.seen")
    assert all(_is(np.array(each), FIRST) or _is(np.array(each), SECOND) for each in seen), "never anything else"
    page.get_by_role("button", name="Brick wall").click()
    until(lambda: not _is(_corners(page), SECOND), "the wall")
    assert page.get_by_role("button", name="Brick wall").get_attribute("aria-pressed") == "true"
    _paint(page, "#204060")
    until(lambda: _is(_corners(page), FIRST), "the first background again")


def test_pictures_leave_connections_for_actions(site: Site) -> None:
    """A browser opens six to one server; `hide` must not wait behind thumbnails that the machine is slow to make."""
    page = site.open()
    page.evaluate("performance.setResourceTimingBufferSize(1000)")
    until(lambda: page.evaluate(LOADED), "every thumbnail")
    at_once = page.evaluate(AT_ONCE)
    assert 1 <= max(at_once) <= 2, at_once
    assert page.mistakes == []
    page.context.close()


def test_presets_are_saved_put_on_by_key_renamed_and_deleted(page: Any) -> None:
    def save(name: str) -> None:
        page.get_by_role("button", name="Save what is now").click()
        page.locator("#presets-name").fill(name)
        page.locator("#presets-name").press("Enter")
        page.locator(f"[data-preset={name}][aria-pressed=true]").wait_for()

    until(lambda: _is(_corners(page), FIRST), lambda: f"the first background: {_corners(page)}")
    save("first")
    _paint(page, "#804020")
    page.locator("[data-preset=first][aria-pressed=false]").wait_for()
    until(lambda: _is(_corners(page), SECOND), lambda: f"the second background: {_corners(page)}")
    save("second")
    picture = page.locator("[data-preset=second] img")
    until(lambda: picture.evaluate("(each) => each.naturalWidth") == 320, "what viewers saw")
    page.evaluate(WATCH)
    page.locator("body").press("1")
    until(lambda: _is(_corners(page), FIRST), lambda: f"the first background again: {_corners(page)}")
    seen = page.evaluate("cancelAnimationFrame(window.looking), window.seen")
    assert all(_is(np.array(each), FIRST) or _is(np.array(each), SECOND) for each in seen), "never anything else"
    page.get_by_role("button", name="Rename").click()
    page.locator("#presets-name").fill("../x")
    page.locator("#presets-name").press("Enter")
    page.get_by_text("'../x' cannot name a preset").wait_for()
    page.locator("#presets-name").fill("third")
    page.locator("#presets-name").press("Enter")
    page.locator("[data-preset=third][aria-pressed=true]").wait_for()
    for name in ("third", "second"):
        page.locator(f"[data-preset={name}]").click()
        page.get_by_role("button", name=f"Delete “{name}”", exact=True).click()
        page.get_by_role("button", name=f"Really delete “{name}”?").click()
        page.locator(f"[data-preset={name}]").wait_for(state="detached")
    until(lambda: _is(_corners(page), SECOND), "what is on stays on")
    _paint(page, "#204060")


def test_a_slider_and_a_value_that_is_refused(page: Any) -> None:
    slider = page.locator("#set-smoothing")
    slider.focus()
    slider.press("ArrowLeft")
    with Client() as client:
        until(lambda: client.settings()["smoothing"]["value"] == 0.89, "the new value")
        page.locator("[data-setting=smoothing] .number").fill("7")
        page.locator("[data-setting=smoothing] .number").press("Enter")
        beside = page.locator("#mistake-smoothing")
        beside.wait_for()
        assert beside.inner_text() == "--smoothing: 7 is outside 0..1"
        assert client.settings()["smoothing"]["value"] == 0.89
    slider.press("ArrowRight")
    beside.wait_for(state="hidden")


def test_hidden_from_one_frame_to_another_by_button_and_key(site: Site, page: Any) -> None:
    button = page.locator("#hide")
    with Client(site.loop) as client:
        page.evaluate("document.getElementById('hide').click()")
        after, shown = None, []
        ends_s = time.monotonic() + HANGS_S
        while time.monotonic() < ends_s and sum(state == "hidden" for state, _ in shown) < 4:
            picture = client.preview("composite", 320, after)
            if picture is None:  # none came within a second: the machine is busy
                continue
            after = picture.sequence
            shown.append((picture.state, _has_person(picture.content)))
    assert [state for state, _ in shown[-4:]] == ["hidden"] * 4, shown
    assert not any(has_person for state, has_person in shown if state == "hidden"), shown
    page.get_by_text("You are hidden").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("#camera-show").is_disabled()
    page.locator("body").press("x")
    page.get_by_role("button", name="Hide me").wait_for()
    until(lambda: page.locator("#state-word").inner_text() == "Live", "live again")


def test_the_camera_comes_after_a_click_and_ends_with_a_reload(site: Site, page: Any) -> None:
    assert not page.locator("#camera").is_visible()
    page.get_by_role("button", name="Show the camera").click()
    until(lambda: page.evaluate("Number(document.getElementById('camera').dataset.frames ?? 0)") > 1, "the camera")
    page.reload()
    _moves(page)
    assert not page.locator("#camera").is_visible()
    other = site.open()
    _moves(other)
    _moves(page)


def test_a_recording_with_its_time_and_its_end(site: Site, page: Any) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    tape = page.locator("#tape-time")
    tape.wait_for()
    until(lambda: tape.inner_text() >= "00:01", "a second of it")
    assert "livebg-" in page.locator("#tape-size").inner_text()
    page.get_by_role("button", name="End the recording").click()
    page.get_by_role("button", name="Record", exact=True).wait_for()
    (film,) = site.folder.rglob("livebg-*.mp4")
    until(lambda: len(frames_so_far(film)) > 3, "a whole film")


def test_a_picture_of_ones_own_becomes_the_background(site: Site, page: Any) -> None:
    own = site.folder / "Mi fondo.png"
    cv2.imwrite(str(own), np.full((90, 160, 3), (30, 160, 40), np.uint8))
    page.locator("#add-file").set_input_files(own)
    until(lambda: _is(_corners(page), (40, 160, 30)), lambda: f"one's own picture: {_corners(page)}")
    assert page.get_by_role("button", name="Mi fondo").get_attribute("aria-pressed") == "true"
    _paint(page, "#204060")
    until(lambda: _is(_corners(page), FIRST), "another background")
    dropped = page.evaluate_handle(DROPPED, [*own.read_bytes()])
    assert page.evaluate(DROP, dropped), "the browser opens no file"
    until(lambda: _is(_corners(page), (40, 160, 30)), lambda: f"dropped beside the card: {_corners(page)}")
    (site.folder / "no.png").write_bytes(b"hello")
    page.locator("#add-file").set_input_files(site.folder / "no.png")
    page.get_by_text("no.png is no picture but text").wait_for()
    _paint(page, "#204060")
    until(lambda: _is(_corners(page), FIRST), "the first background again")


def test_a_slow_page_gets_fewer_pictures_and_slows_nobody(site: Site, page: Any) -> None:
    late = """const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
          setTimeout(() => send.call(this, text), text.includes("ack") ? 400 : 0);
        };"""
    slow = site.open(script=late)
    _moves(slow)
    began = _frames(page), _frames(slow)
    until(lambda: _frames(slow) >= began[1] + 4, "the slow page's pictures")
    assert _frames(page) - began[0] >= 2 * (_frames(slow) - began[1])


def test_the_live_loop_dies_under_an_open_page_and_comes_back(site: Site, page: Any) -> None:
    os.kill(site.loop, signal.SIGKILL)
    page.get_by_role("heading", name="livebg has ended").wait_for()
    assert "livebg: " in page.locator("#says").inner_text(), "its last messages"
    usual = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 740})
    inside, around = page.locator("#says").bounding_box(), page.locator("#stage").bounding_box()
    assert around["y"] < inside["y"] < inside["y"] + inside["height"] < around["y"] + around["height"], (
        "on a phone, too"
    )
    page.set_viewport_size(usual)
    page.locator("#start").click()
    page.get_by_role("heading", name="livebg has ended").wait_for(state="hidden")
    _moves(page)
    until(lambda: page.locator("#state-word").inner_text() == "Live", "live again")


def test_what_waits_for_a_restart_is_applied_by_one(site: Site, page: Any) -> None:
    before = site.loop
    page.locator("#set-size").fill("160x90")
    page.locator("#set-size").press("Enter")
    page.get_by_text("Waits for a restart: Size: 160x90").wait_for()
    page.get_by_role("button", name="Restart now").click()
    until(lambda: "160x90" in page.locator("#numbers").inner_text(), lambda: page.locator("#numbers").inner_text())
    assert site.loop != before
    _moves(page)


def test_the_source_page_over_a_colour(site: Site, page: Any) -> None:
    address = page.locator("#obs").input_value()
    source = site.open(address=address)
    source.evaluate("document.documentElement.style.background = 'rgb(0, 0, 255)'")
    person = "Number(document.getElementById('person').dataset.frames ?? 0)"
    until(lambda: source.evaluate(person) > 2, "the person")
    shown = cv2.imdecode(np.frombuffer(source.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    height, width = shown.shape[:2]
    for x in (4, width - 5):
        assert shown[80, x].tolist() == [255, 0, 0], "nothing of the room around"
    middle = shown[height // 2 : height * 3 // 4, width * 2 // 5 : width * 3 // 5].astype(int)
    assert (middle[..., 0] < 200).mean() > 0.8, "the person is there"
    loop = psutil.Process(site.loop)
    loop.suspend()
    try:
        until(lambda: source.evaluate(EMPTY), "nobody where no pictures come")
    finally:
        loop.resume()
    until(lambda: not source.evaluate(EMPTY), "the person again")


@pytest.mark.parametrize(
    ("scheme", "width", "locale"),
    [("light", 1360, "en-GB"), ("dark", 1360, "en-GB"), ("light", 390, "en-GB"), ("dark", 360, "es-ES")],
)
@pytest.mark.usefixtures("page")
def test_everything_has_a_name_and_can_be_read(site: Site, scheme: str, width: int, locale: str) -> None:
    shown = site.open(width, color_scheme=scheme, locale=locale)
    _moves(shown)
    shown.locator("#expert-card summary").click()
    shown.locator("#set-matte_size").wait_for()
    assert shown.evaluate(FAINT) == []
    assert shown.evaluate(NAMELESS) == []
    assert shown.evaluate(UNEVEN) == []
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs over the side"
    assert len(shown.query_selector_all("main")) == 1
    shown.locator("#expert-card summary").click()
    if folder := os.environ.get("LIVEBG_SCREENSHOTS"):
        shown.evaluate("scrollTo(0, 0)")
        Path(folder, f"panel-{scheme}-{width}.png").write_bytes(shown.screenshot(full_page=width < 900))
    assert shown.mistakes == []


def test_the_keyboard_reaches_what_matters_and_shows_where_it_is(page: Any) -> None:
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
        assert page.evaluate(
            "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        ) >= 2 or not page.evaluate("document.activeElement.id")
    assert {"language", "power", "hide", "camera-show", "set-smoothing", "add"} <= reached


def test_spanish(page: Any) -> None:
    page.locator("#language").select_option("es")
    page.get_by_role("button", name="Ocultarme").wait_for()
    page.get_by_role("button", name="Estantería").wait_for()
    assert page.evaluate("document.documentElement.lang") == "es"
    assert page.evaluate(MISTOLD) == []
    page.locator("[data-setting=smoothing] .number").fill("7")
    page.locator("[data-setting=smoothing] .number").press("Enter")
    page.get_by_text("--smoothing: 7 está fuera de 0..1").wait_for()
    what = "output me.mp4: cannot be written: the device has gone; did you mean you.mp4?"
    said = "salida me.mp4: no se puede escribir: el dispositivo ha desaparecido; ¿querías decir you.mp4?"
    assert page.evaluate(TELL, what) == said
    what = "no.png: not a video or picture that can be read (odd: data); play it in a video player, or try another file"
    assert page.evaluate(TELL, what) == (
        "no.png: no es un vídeo ni una imagen que se pueda leer (odd: data); "
        "ábrelo en un reproductor de vídeo, o prueba otro archivo"
    )
    assert page.evaluate(TELL, "what nobody knows: stays") == "what nobody knows: stays"


def test_the_panel_dies_under_an_open_page_comes_back_and_ends_both_by_ctrl_c(site: Site, page: Any) -> None:
    """The last one: it ends the site."""
    site.panel.process.kill()
    site.panel.end()
    page.get_by_role("heading", name="The panel does not answer").wait_for()
    left = site.loop
    with Program(*site.arguments, folder=site.folder) as again:
        assert _address(again) == site.address, "the same token: open pages go on"
        _moves(page)
        until(lambda: page.locator("#state-word").inner_text() == "Live", "live again")
        assert site.loop == left, "the live loop went on, and so did the call"
        psutil.Process(left).terminate()  # nobody's child any more
        page.locator("#start").click()
        _moves(page)
        own = site.loop
        again.signal(signal.SIGINT)
        assert again.end()[0] == 0, again.error
        assert not psutil.pid_exists(own), "Ctrl-C ends both"
