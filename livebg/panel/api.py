"""What the page asks for and does: JSON over HTTP. Each answer to a mistake is {"error": a sentence}.

Handlers that block run in threads; Starlette sees to it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livebg.core.errors import BackgroundError, LivebgError, SettingsError
from livebg.media.whole_file import discard
from livebg.panel.answer import Json, Refused
from livebg.panel.backgrounds import Gallery
from livebg.panel.door import Door
from livebg.panel.live import Live
from livebg.panel.upload import to_disk
from livebg.pipeline.live.requests import texts_of

ACTIONS = frozenset({
    "hide", "show", "hide-or-show", "blur", "next-background", "background", "set", "pause", "marker",
    "record", "record-stop", "output-on", "output-off", "preset",
})  # fmt: skip


def refused(_: Request, failure: Exception) -> Response:
    """Of any endpoint. Where it names no status: 400 for what the user did, 503 for what the system cannot do."""
    if isinstance(failure, Refused):
        return Json({"error": str(failure)}, failure.status)
    return Json({"error": str(failure)}, 400 if isinstance(failure, SettingsError | BackgroundError) else 503)


def refused_early(_: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    return Json({"error": failure.detail}, failure.status_code)


async def texts(request: Request) -> list[str]:
    """The body, a JSON list of texts. Raises SettingsError."""
    return texts_of(await request.body())


class Api:
    """hint: what to do about the virtual camera, '' where there is one."""

    def __init__(self, live: Live, gallery: Gallery, door: Door, hint: str, has_studio: bool) -> None:
        self._live, self._gallery, self._door, self._hint, self._has_studio = live, gallery, door, hint, has_studio

    def routes(self) -> list[Route]:
        return [
            Route("/api/panel", self._panel),
            Route("/api/ticket", self._ticket, methods=["POST"]),
            Route("/api/status", self._status),
            Route("/api/settings", self._settings),
            Route("/api/cameras", self._cameras),
            Route("/api/backgrounds", self._backgrounds),
            Route("/api/backgrounds", self._add, methods=["POST"]),
            Route("/api/backgrounds/{name}.jpg", self._thumbnail),
            Route("/api/do/{action}", self._do, methods=["POST"]),
            Route("/api/start", self._start, methods=["POST"]),
            Route("/api/stop", self._stop, methods=["POST"]),
            Route("/api/restart", self._restart, methods=["POST"]),
        ]

    def _panel(self, request: Request) -> Response:
        """What is the same while the panel runs."""
        source = f"http://{request.headers['host']}/source?key={self._door.source}"
        return Json({"source": source, "virtual_camera_hint": self._hint, "has_studio": self._has_studio})

    async def _ticket(self, _: Request) -> Response:
        """For a second `livebg panel`, which opens this one."""
        return Json({"ticket": self._door.ticket()})

    def _status(self, _: Request) -> Response:
        return Json(self._live.status())

    def _settings(self, _: Request) -> Response:
        return Json(self._live.settings())

    def _cameras(self, _: Request) -> Response:
        from livebg.core.opencv import load_opencv

        load_opencv()
        from livebg.capture.camera.devices import list_cameras

        found = [each for each in list_cameras() if not each.is_virtual]
        return Json([{"value": str(each.index), "name": each.name or str(each)} for each in found])

    def _backgrounds(self, _: Request) -> Response:
        return Json([asdict(each) for each in self._gallery.items()])

    def _thumbnail(self, request: Request) -> Response:
        found = self._gallery.thumbnail(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return Response(found, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})

    async def _add(self, request: Request) -> Response:
        """The body is the file; the header X-Name its name, percent-encoded. Straight to the disk."""
        name = unquote(request.headers.get("x-name", ""))
        place = await anyio.to_thread.run_sync(self._gallery.room_for, name)
        try:
            await to_disk(request, place, name)
            item = await anyio.to_thread.run_sync(self._gallery.add, place, name)
        finally:
            await anyio.to_thread.run_sync(discard, place)
        return Json(asdict(item))

    async def _do(self, request: Request) -> Response:
        action, values = request.path_params["action"], await texts(request)
        if action not in ACTIONS:
            raise SettingsError(f"{action!r} is no action")
        return Json(await anyio.to_thread.run_sync(self._live.do, action, *values))

    async def _start(self, _: Request) -> Response:
        await anyio.to_thread.run_sync(self._live.start)
        return Json({})

    async def _stop(self, _: Request) -> Response:
        await anyio.to_thread.run_sync(self._live.stop)
        return Json({})

    async def _restart(self, request: Request) -> Response:
        """The body: [SETTING, VALUE, SETTING, VALUE ...]."""
        values = await texts(request)
        if len(values) % 2:
            raise SettingsError("each setting needs a value")
        await anyio.to_thread.run_sync(self._live.restart, dict(zip(values[::2], values[1::2], strict=True)))
        return Json({})


HANDLERS: dict[Any, Any] = {LivebgError: refused, HTTPException: refused_early}
