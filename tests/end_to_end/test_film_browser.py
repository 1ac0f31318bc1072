"""A real browser on films with alpha: Chromium draws them over blue, and what it shows is read back."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest
from patience import HANGS_S
from requirements import lacking
from written_films import HEIGHT, WIDTH, about, ffmpeg, moving, part, person, source

from livebg.core.types import Composite
from livebg.media.video.concat import join
from livebg.media.video.formats import form_for
from livebg.media.video.reader import Film
from livebg.media.video.writer import Part

pytestmark = pytest.mark.browser
SHOWN = 10  # frames; what Chromium shows of the first is read back
PAGE = """<body><script>
const tell = (told) => fetch("/told", {method: "POST", body: JSON.stringify(told)}).then(next);
const read = (film, shown) => {
  const canvas = document.createElement("canvas");
  canvas.width = film.width; canvas.height = film.height;
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(0, 0, 255)";
  context.fillRect(0, 0, film.width, film.height);
  context.drawImage(shown, 0, 0);
  const at = (x) => Array.from(context.getImageData(x, 40, 1, 1).data);
  tell({size: [shown.videoWidth || shown.naturalWidth, shown.videoHeight || shown.naturalHeight],
        pixels: [20, 100, 150].map(at)});
};
const show = (film) => {
  const isVideo = film.name.endsWith(".webm") || film.name.endsWith(".mp4");
  const shown = document.createElement(isVideo ? "video" : "img");
  shown.onerror = () => tell({error: isVideo ? shown.error.message : "not shown"});
  if (isVideo) {
    shown.muted = true;
    shown.requestVideoFrameCallback(() => read(film, shown));
  } else {
    shown.onload = () => read(film, shown);
  }
  shown.src = film.name;
  document.body.replaceChildren(shown);
  if (isVideo) shown.play();
};
const next = async () => {
  const film = await (await fetch("/next")).json();
  if (film) show(film); else setTimeout(next, 50);
};
next();
</script>"""


class _Site(http.server.SimpleHTTPRequestHandler):
    """The page, which asks for the next film and tells what it saw of it; and the films."""

    timeout = 5.0  # of a connection that Chromium opens before it needs one
    wanted: Queue[dict[str, Any]]
    told: Queue[dict[str, Any]]

    def do_GET(self) -> None:
        if self.path != "/next":
            super().do_GET()
            return
        try:
            answer = json.dumps(self.wanted.get_nowait())
        except Empty:
            answer = "null"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

    def do_POST(self) -> None:
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Browser:
    """One Chromium for all films: its start costs more than most of them."""

    folder: Path
    wanted: Queue[dict[str, Any]]
    told: Queue[dict[str, Any]]

    def shows(self, film: Path, height: int, width: int) -> dict[str, Any]:
        self.wanted.put({"name": str(film.relative_to(self.folder)), "height": height, "width": width})
        return self.told.get(timeout=HANGS_S)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("browser", "needs Debian's chromium")
    opened = Browser(tmp_path_factory.mktemp("site"), Queue(), Queue())
    (opened.folder / "page.html").write_text(PAGE)
    handler = type("Handler", (_Site,), {"wanted": opened.wanted, "told": opened.told})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(opened.folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    options += [f"--user-data-dir={opened.folder / 'profile'}", f"http://127.0.0.1:{server.server_port}/page.html"]
    process = subprocess.Popen([chromium, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield opened
    process.terminate()
    process.wait(HANGS_S)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(browser: Browser) -> Path:
    """A new one for each test: its films have addresses that Chromium has not seen."""
    return Path(tempfile.mkdtemp(dir=browser.folder))


@pytest.mark.parametrize("suffix", [".webm", ".webp", ".gif"])
@pytest.mark.parametrize(("height", "width"), [(HEIGHT, WIDTH), (95, 157)])
def test_the_background_shines_through(browser: Browser, folder: Path, suffix: str, height: int, width: int) -> None:
    form, info = form_for(Path(f"film{suffix}"), "alpha"), about(height=height, width=width)
    composites = [person(each) for each in moving(SHOWN, height=height, width=width)]
    only = part(folder / "part", form, info, composites)
    clip = source(folder / "clip.mp4")
    join([only], np.arange(SHOWN, dtype=np.int64) * 512, form, clip, info, folder / f"film{suffix}")
    shown = browser.shows(folder / f"film{suffix}", height, width)
    assert shown.get("error") is None
    assert shown["size"] == [width, height]
    whole, half, nothing = np.array(shown["pixels"])[:, :3]
    assert np.abs(whole - (200, 90, 40)).max() <= 10
    assert np.abs(nothing - (0, 0, 255)).max() <= 4
    if suffix != ".gif":
        assert np.abs(half - (100, 45, 147)).max() <= 10


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (576, 720), (96, 160)])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize(
    "tags", [(), ("-colorspace", "smpte170m"), ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709")]
)
def test_colours_of_a_film_without_all_its_tags(
    browser: Browser, folder: Path, suffix: str, height: int, width: int, tags: tuple[str, ...]
) -> None:
    """As FFmpeg writes it from RGB: what is kept of it and the background are what they were."""
    kept, background = (200, 90, 40), (0, 192, 64)
    colour = "0x{:02x}{:02x}{:02x}".format(*kept)
    ffmpeg("-f", "lavfi", "-i", f"color={colour}:s={width}x{height}:r=25:d=0.4,format=rgb24", *tags, "-c:v", "libx264",
           "-pix_fmt", "yuv420p", folder / "clip.mp4")  # fmt: skip
    film = Film(folder / "clip.mp4")
    ticks = film.index().ticks
    form = form_for(Path(f"film{suffix}"), "composite", encoder="software")
    made = Part(folder / "part", form, film.info)
    for frame in film.frames(int(ticks[0]), int(ticks[-1])):
        image = frame.image.copy()
        image[:, 128:] = background[::-1]
        made.add(Composite(image), frame)
    made.close()
    join([folder / "part"], ticks, form, folder / "clip.mp4", film.info, folder / f"film{suffix}")
    shown = browser.shows(folder / f"film{suffix}", height, width)
    assert shown.get("error") is None
    person_there, _, background_there = np.array(shown["pixels"])[:, :3]
    assert np.abs(person_there - kept).max() <= 4
    assert np.abs(background_there - background).max() <= 4
