"""The pages and what they load: a fixed list of files, whole in memory. No path of a request ever meets the disk."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from livebg.panel.answer import Json

LANGUAGES = ("en", "es")
MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SCRIPTS = (
    "panel.js",
    "page.js",
    "told.js",
    "preview.js",
    "gallery.js",
    "presets.js",
    "settings.js",
    "outputs.js",
    "plot.js",
)
STUDIO = (
    "studio.js",
    "studio-choices.js",
    "studio-compare.js",
    "studio-parts.js",
    "studio-rows.js",
    "studio-upload.js",
)
STATIC = (*SCRIPTS, *STUDIO, "panel.css", "studio.css", "source.js", "source.css", "icon.svg")


def words(language: str) -> dict[str, str]:
    """Every text of the pages in this language; English where one lacks it.

    Those that begin with 'said.' are the server's sentences: the rest of the key is the English one (see told.js).
    """
    folder, found = files("livebg.panel") / "static", dict[str, str]()
    for each in dict.fromkeys(("en", language)):
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.startswith("strings") and file.name.endswith(f".{each}.json"):
                found |= json.loads(file.read_text(encoding="utf-8"))
    said = folder / f"said.{language}.json"
    if language in LANGUAGES and said.is_file():
        found |= {f"said.{key}": text for key, text in json.loads(said.read_text(encoding="utf-8")).items()}
    return found


def routes() -> list[Route]:
    folder = files("livebg.panel") / "static"
    contents = {each: (folder / each).read_bytes() for each in STATIC if (folder / each).is_file()}
    pages = {each: (folder / f"{each}.html").read_text(encoding="utf-8") for each in ("index", "source")}
    all_words = {each: words(each) for each in LANGUAGES}

    def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in contents:
            return Response(status_code=404)
        return Response(contents[name], media_type=MEDIA[name[name.rindex(".") :]])

    def in_language(request: Request) -> Response:
        language = request.path_params["language"]
        known: Any = all_words.get(language, all_words[LANGUAGES[0]])
        return Json(known)

    return [
        Route("/", lambda _: HTMLResponse(pages["index"])),
        Route("/source", lambda _: HTMLResponse(pages["source"])),
        Route("/static/{name}", static),
        Route("/api/words/{language}", in_language),
    ]
