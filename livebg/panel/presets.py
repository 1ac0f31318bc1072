"""The page's presets: list, thumbnails, save, rename, delete. Putting one on is an action of the live loop's.

Names from outside are looked up among the presets, never used as paths. Threads of the panel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livebg.core.errors import SettingsError
from livebg.panel.answer import Json
from livebg.panel.api import texts
from livebg.pipeline import presets
from livebg.pipeline.live.client import Client
from livebg.pipeline.preset_saving import save_running


class PresetsApi:
    """connect: to the live loop that the page shows; raises LivebgError where there is none."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._writing = threading.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("/api/presets", self._list),
            Route("/api/presets", self._save, methods=["POST"]),
            Route("/api/presets/{name}.jpg", self._thumbnail),
            Route("/api/presets/{name}", self._rename, methods=["POST"]),
            Route("/api/presets/{name}", self._delete, methods=["DELETE"]),
        ]

    def _list(self, _: Request) -> Response:
        return Json([_described(each) for each in presets.list_presets()])

    def _thumbnail(self, request: Request) -> Response:
        found = next((each for each in presets.list_presets() if each.name == request.path_params["name"]), None)
        try:
            content = found.thumbnail.read_bytes() if found is not None and found.thumbnail is not None else b""
        except OSError:  # deleted meanwhile
            content = b""
        return Response(content, media_type="image/jpeg") if content else Response(status_code=404)

    async def _save(self, request: Request) -> Response:
        """The body: [NAME], or [NAME, "replace"]. What the live loop has now."""
        words = await texts(request)
        if len(words) not in (1, 2) or words[1:] not in ([], ["replace"]):
            raise SettingsError('the body must be [NAME] or [NAME, "replace"]')
        return Json(await anyio.to_thread.run_sync(self._keep, words[0], len(words) == 2))

    def _keep(self, name: str, replaces: bool) -> dict[str, Any]:
        presets.checked_name(name)
        with self._writing, self._connect() as livebg:
            return _described(save_running(livebg, name, replaces))

    async def _rename(self, request: Request) -> Response:
        """The body: [NEW NAME]."""
        words = await texts(request)
        if len(words) != 1:
            raise SettingsError("the body must be [NEW NAME]")
        _, name = await anyio.to_thread.run_sync(presets.rename_preset, request.path_params["name"], words[0])
        return Json({"name": name})

    def _delete(self, request: Request) -> Response:
        return Json({"name": presets.delete_preset(request.path_params["name"])})


def _described(preset: presets.Preset) -> dict[str, Any]:
    """As JSON. stamp: changes with the thumbnail; 0 where there is none."""
    stamp = 0
    with suppress(OSError):  # deleted meanwhile
        stamp = 0 if preset.thumbnail is None else preset.thumbnail.stat().st_mtime_ns // 1_000_000
    lines = [] if preset.fault else preset.lines()
    return {"name": preset.name, "what": lines, "fault": preset.fault, "stamp": stamp}
