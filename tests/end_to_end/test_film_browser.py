"""A real browser on films with alpha: Chromium draws them over blue, and what it shows is read back."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from queue import Queue
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
PAGE = """<body><script>
const post = (told) => fetch("/told", {method: "POST", body: JSON.stringify(told)});
const read = (shown, kind) => {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH; canvas.height = HEIGHT;
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(0, 0, 255)";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.drawImage(shown, 0, 0);
  const at = (x) => Array.from(context.getImageData(x, HEIGHT / 2, 1, 1).data);
  post({size: [shown.videoWidth || shown.naturalWidth, shown.videoHeight || shown.naturalHeight],
        pixels: [20, 100, 150].map(at)});
};
const name = "FILM";
if (name.endsWith(".webm") || name.endsWith(".mp4")) {
  const video = document.createElement("video");
  video.muted = true;
  video.onerror = () => post({error: video.error.message});
  video.requestVideoFrameCallback(() => read(video));
  video.src = name;
  document.body.append(video);
  video.play();
} else {
  const image = new Image();
  image.onerror = () => post({error: "not shown"});
  image.onload = () => read(image);
  image.src = name;
}
</script>"""


class _Told(http.server.SimpleHTTPRequestHandler):
    told: Queue[dict[str, Any]]

    def do_POST(self) -> None:
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Queue[dict[str, Any]]]]:
    told: Queue[dict[str, Any]] = Queue()
    handler = type("Handler", (_Told,), {"told": told})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    thread.join()
    server.server_close()


def shown_by_chromium(
    folder: Path, site: tuple[str, Queue[dict[str, Any]]], name: str, height: int, width: int
) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("browser", "needs Debian's chromium")
    page = PAGE.replace("WIDTH", str(width)).replace("HEIGHT / 2", "40").replace("HEIGHT", str(height))
    (folder / "page.html").write_text(page.replace("FILM", name))
    address, told = site
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    browser = subprocess.Popen(
        [str(chromium), *options, f"--user-data-dir={folder / 'profile'}", f"{address}/page.html"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shown = told.get(timeout=HANGS_S)
    finally:
        browser.terminate()
        browser.wait(HANGS_S)
    return shown


@pytest.mark.parametrize("suffix", [".webm", ".webp", ".gif"])
@pytest.mark.parametrize(("height", "width"), [(HEIGHT, WIDTH), (95, 157)])
def test_the_background_shines_through(
    tmp_path: Path, site: tuple[str, Queue[dict[str, Any]]], suffix: str, height: int, width: int
) -> None:
    form, info = form_for(Path(f"film{suffix}"), "alpha"), about(height=height, width=width)
    composites = [person(each) for each in moving(50, height=height, width=width)]
    only = part(tmp_path / "part", form, info, composites)
    clip = source(tmp_path / "clip.mp4")
    join([only], np.arange(50, dtype=np.int64) * 512, form, clip, info, tmp_path / f"film{suffix}")
    shown = shown_by_chromium(tmp_path, site, f"film{suffix}", height, width)
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
    tmp_path: Path, site: tuple[str, Queue[dict[str, Any]]], suffix: str, height: int, width: int, tags: tuple[str, ...]
) -> None:
    """As FFmpeg writes it from RGB: what is kept of it and the background are what they were."""
    kept, background = (200, 90, 40), (0, 192, 64)
    colour = "0x{:02x}{:02x}{:02x}".format(*kept)
    ffmpeg("-f", "lavfi", "-i", f"color={colour}:s={width}x{height}:r=25:d=1,format=rgb24", *tags, "-c:v", "libx264",
           "-pix_fmt", "yuv420p", tmp_path / "clip.mp4")  # fmt: skip
    film = Film(tmp_path / "clip.mp4")
    ticks = film.index().ticks
    form = form_for(Path(f"film{suffix}"), "composite", encoder="software")
    made = Part(tmp_path / "part", form, film.info)
    for frame in film.frames(int(ticks[0]), int(ticks[-1])):
        image = frame.image.copy()
        image[:, 128:] = background[::-1]
        made.add(Composite(image), frame)
    made.close()
    join([tmp_path / "part"], ticks, form, tmp_path / "clip.mp4", film.info, tmp_path / f"film{suffix}")
    shown = shown_by_chromium(tmp_path, site, f"film{suffix}", height, width)
    assert shown.get("error") is None
    person_there, _, background_there = np.array(shown["pixels"])[:, :3]
    assert np.abs(person_there - kept).max() <= 4
    assert np.abs(background_there - background).max() <= 4
