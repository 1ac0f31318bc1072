"""The studio as its user sees it: Chromium, the panel around it, and livebg's own commands at work.

LIVEBG_SCREENSHOTS names a folder for pictures of the page, to look at.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from accessibility import FAINT, NAMELESS
from films import make_film, pictures_of
from patience import HANGS_S, until
from PIL import Image as Pillow
from requirements import lacking
from starlette.routing import Mount
from studio_server import serving

from livebg.capture.synthetic.scene import SyntheticScene
from livebg.core.errors import LivebgError
from livebg.panel.app import make_app
from livebg.panel.backgrounds import Gallery
from livebg.panel.decoding import Decoding
from livebg.panel.door import Door
from livebg.panel.live import Live, Steering
from livebg.panel.studio.routes import routes
from livebg.panel.studio.studio import Studio

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
COLOUR = (0x2B, 0x5D, 0x4A)  # the page's first colour
WIDTH, HEIGHT = 320, 180
OPTIONS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


def no_loop(_pid: int | None) -> Steering:
    raise LivebgError("no livebg runs here; start one: livebg run")


@dataclass(frozen=True)
class Site:
    """The panel with its studio, and a browser."""

    studio: Studio
    address: str
    browser: playwright.Browser

    def page(self) -> playwright.Page:
        """A new user's window, with the studio open."""
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 860}, locale="en-GB", reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(HANGS_S * 1000)
        page.mistakes = []
        page.on("pageerror", lambda failure: page.mistakes.append(str(failure)))
        page.goto(self.address)
        open_studio(page)
        return page


def open_studio(page: playwright.Page) -> None:
    page.get_by_role("tab", name="Studio").click()
    page.get_by_role("radio", name="Bookshelf").wait_for()


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("browser", "needs Debian's chromium")
    with playwright.sync_playwright() as driver:
        downloads = ThreadPoolExecutor(1)  # else Playwright starts threads during a test, which stay
        downloads.submit(int).result()
        driver._loop.set_default_executor(downloads)
        opened = driver.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture
def site(tmp_path: Path, browser: playwright.Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    (folder / "config" / "livebg").mkdir(parents=True)
    (folder / "config" / "livebg" / "settings.toml").write_text('engine = "selfie"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        door = Door(listening.getsockname()[1], frozenset({host}), "token", "session", "key")
        decoding = Decoding()
        studio, live = Studio(folder / "studio", "", decoding), Live(no_loop)
        gallery = Gallery(folder / "own", decoding)
        app = make_app(live, door, gallery, more=[Mount("/studio", routes=routes(studio))])
        with serving(app, listening):
            yield Site(studio, f"http://{host}/?token=token", browser)
        live.close()
        studio.close()
        decoding.close()


@pytest.fixture
def page(site: Site) -> Iterator[playwright.Page]:
    opened = site.page()
    yield opened
    assert opened.mistakes == []
    for each in site.browser.contexts:
        each.close()


@pytest.fixture(scope="module")
def scene() -> SyntheticScene:
    return SyntheticScene(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, scene: SyntheticScene) -> Path:
    """Two seconds of a person."""
    path = tmp_path_factory.mktemp("films") / "María's talk.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(scene.image(number / 25), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory, scene: SyntheticScene) -> Path:
    path = tmp_path_factory.mktemp("photos") / "portrait.jpg"
    Pillow.fromarray(scene.image(0.0)[..., ::-1]).save(path, quality=95)
    return path


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "long.mp4", 1500, sound="")


def choose(page: playwright.Page, *files: Path) -> None:
    page.locator("#studio-files").set_input_files([str(each) for each in files])


def drop(page: playwright.Page, file: Path) -> None:
    """From the desktop onto the page."""
    make = "([name, text]) => { const it = new DataTransfer(); it.items.add(new File([text], name)); return it; }"
    transfer = page.evaluate_handle(make, [file.name, file.read_text()])
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    assert "studio-drop-over" in str(page.locator(".studio-drop").get_attribute("class"))
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def row(page: playwright.Page, name: str) -> playwright.Locator:
    return page.locator(".studio-row").filter(has=page.get_by_role("heading", name=name))


def downloaded(page: playwright.Page, of: str, to: Path) -> tuple[str, Path]:
    """(the name that the browser gives it, the file)."""
    with page.expect_download() as waiting:
        row(page, of).get_by_role("link", name=re.compile("Download")).click()
    waiting.value.save_as(to)
    return waiting.value.suggested_filename, to


def screenshot(page: playwright.Page, name: str) -> None:
    folder = os.environ.get("LIVEBG_SCREENSHOTS", "")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page="compare" not in name)


def near(pixel: np.ndarray, colour: tuple[int, int, int], by: int = 14) -> bool:
    return bool(np.abs(pixel.astype(int)[:3] - colour).max() <= by)


def shown(page: playwright.Page) -> np.ndarray:
    """RGB of what the comparison shows."""
    return np.asarray(Pillow.open(io.BytesIO(page.locator(".studio-stage").screenshot())).convert("RGB"))


def until_all(page: playwright.Page, what: str, is_so: str) -> None:
    """Of both pictures or films of the comparison. Playwright's own waiting needs eval(), which the page forbids."""
    question = f"[...document.querySelectorAll('.studio-stage {what}')].map((each) => {is_so})"
    until(lambda: page.evaluate(question) == [True, True], f"{is_so} of each {what}", rarest_s=0.1)


def test_a_film_and_a_photo_from_upload_to_download(
    page: playwright.Page, film: Path, photo: Path, tmp_path: Path
) -> None:
    screenshot(page, "empty")
    page.get_by_role("radio", name="Colour").check(force=True)
    choose(page, film)
    page.get_by_role("radio", name="None").check(force=True)
    assert page.get_by_label("Videos become").input_value() == "webm"
    choose(page, photo)
    for each in (photo, film):
        row(page, each.name).get_by_text(re.compile("^Done in")).wait_for()
    look_around(page)

    name, path = downloaded(page, film.name, tmp_path / "film.mp4")
    assert name == "María's talk-livebg.mp4"
    pictures = pictures_of(path, "rgb24")
    assert len(pictures) == 50
    assert near(pictures[0][5, 5], COLOUR)
    assert near(pictures[-1][5, -5], COLOUR)
    assert not near(pictures[0][-5, WIDTH // 2], COLOUR)  # the person
    name, path = downloaded(page, photo.name, tmp_path / "photo.png")
    assert name == "portrait-livebg.png"
    with Pillow.open(path) as picture:
        alpha = np.asarray(picture)[..., 3]
    assert (alpha[5, 5], alpha[-5, WIDTH // 2]) == (0, 255)

    row(page, film.name).get_by_role("button", name="Compare").last.click()
    until_all(page, "video", "each.readyState > 1")
    stage = shown(page)
    assert near(stage[40, -300], COLOUR)
    assert not near(stage[40, 300], COLOUR)
    screenshot(page, "compare")
    page.get_by_label("Border between before and after").fill("10")
    assert near(shown(page)[40, 300], COLOUR)
    page.get_by_role("button", name="Play").click()
    until_all(page, "video", "each.currentTime > 0.2")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    row(page, photo.name).get_by_role("button", name="Compare").last.click()
    until_all(page, "img", "each.naturalWidth > 0")
    right = shown(page)[30, -300:-100].astype(int).mean(1)
    assert {int(each) // 20 for each in right} >= {10, 12}  # the checkerboard's squares, dark and light
    screenshot(page, "compare-alpha")


def look_around(page: playwright.Page) -> None:
    """Nothing is wider than the window, and every control has a name."""
    for width in (1280, 480):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 860})
            page.emulate_media(color_scheme=scheme)
            screenshot(page, f"{scheme}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(FAINT) == []
    page.set_viewport_size({"width": 1280, "height": 860})
    page.emulate_media(color_scheme="light")
    assert page.evaluate(NAMELESS) == []


def test_reload_two_tabs_and_cancel(page: playwright.Page, site: Site, long_film: Path) -> None:
    """And an upload that a reload cuts off, beside."""
    choose(page, long_film)
    goes_on = re.compile(r"^\d+ ?%.*left")
    row(page, "long.mp4").get_by_text(goes_on).wait_for()
    large = long_film.with_name("large.mp4")
    large.write_bytes(bytes(30_000_000))
    slowly = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slowly)
    choose(page, large)
    row(page, "large.mp4").get_by_text(re.compile("^Uploading")).wait_for()
    until(lambda: any(each.received for each in [*site.studio.uploads.values()]), "its first bytes")
    screenshot(page, "working")

    page.on("dialog", lambda dialog: dialog.accept())  # the page warns of the upload
    page.reload()  # which stays in the studio
    row(page, "long.mp4").get_by_text(goes_on).wait_for()
    until(lambda: not site.studio.uploads, "the upload's end")
    assert len([each for each in site.studio.store.folder.iterdir() if each.is_dir()]) == 1

    other = page.context.new_page()
    other.goto(site.address)
    open_studio(other)
    row(other, "long.mp4").get_by_role("button", name="Cancel long.mp4").click()
    for each in (page, other):
        row(each, "long.mp4").get_by_text(re.compile("^Cancelled")).wait_for()
    row(page, "long.mp4").get_by_role("button", name="Remove").click()
    row(other, "long.mp4").wait_for(state="detached")
    assert site.studio.store.items() == []


def test_wrong_files_a_background_of_ones_own_and_spanish(
    page: playwright.Page, site: Site, photo: Path, tmp_path: Path
) -> None:
    wrong, empty = tmp_path / "<img src=x onerror=alert(1)>.jpg", tmp_path / "empty.mp4"
    wrong.write_text("<script>alert(1)</script>")
    empty.touch()
    page.on("dialog", lambda dialog: page.mistakes.append(dialog.message))
    choose(page, empty)
    drop(page, wrong)
    page.get_by_text(".jpg is no picture but text; give a JPEG").wait_for()
    page.get_by_text("This file is empty").wait_for()
    assert page.locator(".studio-row img").count() == 0
    assert site.studio.store.items() == []
    screenshot(page, "wrong")
    page.get_by_role("button", name="Take empty.mp4 off the list").click()
    row(page, "empty.mp4").wait_for(state="detached")

    page.get_by_label("Remove finished files after").select_option("1")
    page.get_by_label("Your own file").set_input_files(str(photo))
    page.get_by_role("radio", name="portrait.jpg").wait_for()
    until(page.get_by_role("radio", name="portrait.jpg").is_checked, "its choice")
    assert site.studio.store.rules.after_h == 1
    page.get_by_role("button", name="Remove the background portrait.jpg").click()
    page.get_by_role("radio", name="portrait.jpg").wait_for(state="detached")
    page.get_by_role("combobox", name="Language").select_option("es")
    page.get_by_text("Suelta aquí vídeos y fotos").wait_for()
    assert "studio." not in page.locator("#studio").inner_text()
    page.set_viewport_size({"width": 480, "height": 860})
    screenshot(page, "spanish")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
