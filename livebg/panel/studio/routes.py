"""The studio over HTTP, for the panel to mount at /studio. Who may ask, the panel has checked already.

Uploads go to the disk as they come. Nothing that a user uploaded is ever shown as a page: files are attachments, and
pictures are made anew by the decoder.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from livebg.core.errors import LivebgError, SourceError
from livebg.panel.answer import Json, Refused
from livebg.panel.studio import choices
from livebg.panel.studio.item import Rules, Wish
from livebg.panel.studio.page_state import background_list, page_state
from livebg.panel.studio.studio import Studio
from livebg.panel.upload import to_disk

LARGEST_JSON = 16_000
MOST_PICTURES = 40  # questions for pictures that may wait
WIDTHS_PX = (16, 2048)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Answer = Callable[[Request], Awaitable[Response]]


def routes(studio: Studio) -> list[BaseRoute]:
    """The caller closes the studio, once nobody asks any more."""
    web = _Web(studio)
    table: list[tuple[str, str, Answer]] = [
        ("GET", "/state", web.state),
        ("POST", "/rules", web.rules),
        ("POST", "/uploads", web.announce),
        ("PUT", "/uploads/{id}", web.receive),
        ("DELETE", "/uploads/{id}", web.drop),
        ("POST", "/items/{id}/cancel", web.cancel),
        ("POST", "/items/{id}/again", web.again),
        ("DELETE", "/items/{id}", web.remove),
        ("DELETE", "/items", web.remove_finished),
        ("GET", "/items/{id}/result", web.result),
        ("GET", "/items/{id}/original", web.original),
        ("GET", "/items/{id}/picture", web.picture),
        ("GET", "/backgrounds", web.backgrounds),
    ]
    return [Route(path, _said(answer), methods=[method]) for method, path, answer in table]


def _said(answer: Answer) -> Answer:
    """A failure is one sentence, with HTTP's status."""

    async def saying(request: Request) -> Response:
        try:
            response = await answer(request)
        except Refused as failure:
            response = Json({"error": str(failure)}, failure.status)
        except SourceError as failure:
            response = Json({"error": str(failure)}, 415)
        except LivebgError as failure:
            response = Json({"error": str(failure)}, 500)
        response.headers.update(SAFE)
        return response

    return saying


class _Web:
    """Answers requests; runs in the server's loop, and what waits for a disk or a process in a thread."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._decoders: CapacityLimiter | None = None  # belongs to the loop that runs
        self._asking = 0

    async def state(self, request: Request) -> Response:
        if request.query_params.get("after") == str(self._studio.store.version):
            return Response(status_code=204)
        return Json(await to_thread.run_sync(page_state, self._studio))

    async def rules(self, request: Request) -> Response:
        values = await _values(request, {"after_h", "keeps", "largest_gb"})
        known = asdict(self._studio.store.rules)
        await to_thread.run_sync(self._studio.store.set_rules, Rules(**known | values))
        return Response(status_code=204)

    async def announce(self, request: Request) -> Response:
        values = await _values(request, {"name", "bytes", "is_background", "wish"})
        count = values.get("bytes")
        if type(count) is not int:
            raise Refused(400, "an upload is announced by its name and its bytes, a whole number")
        wish = _wish(values.get("wish", {}))
        name, is_background = str(values.get("name", "")), values.get("is_background") is True
        upload = await to_thread.run_sync(self._studio.announce, name, count, wish, is_background)
        return Json({"id": upload.id}, 201)

    async def receive(self, request: Request) -> Response:
        upload, path = self._studio.begin(request.path_params["id"])
        try:
            if request.headers.get("content-length") != str(upload.bytes):
                raise Refused(400, f"{upload.name} was announced with {upload.bytes} bytes; its Content-Length differs")
            await to_disk(request, path, upload.name, partial(self._studio.has_received, upload))
            item = await to_thread.run_sync(self._studio.finish, upload)
        finally:
            await to_thread.run_sync(self._studio.drop, upload.id)  # nothing, if it is an item by now
        return Json({"id": item.id}, 201)

    async def drop(self, request: Request) -> Response:
        await to_thread.run_sync(self._studio.drop, request.path_params["id"])
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        await to_thread.run_sync(self._studio.queue.cancel, request.path_params["id"])
        return Response(status_code=204)

    async def again(self, request: Request) -> Response:
        values = await _values(request, {"wish"})
        wish = _wish(values["wish"]) if "wish" in values else None
        item = await to_thread.run_sync(self._studio.again, request.path_params["id"], wish)
        return Json({"id": item.id}, 201)

    async def remove(self, request: Request) -> Response:
        await to_thread.run_sync(self._studio.remove, request.path_params["id"])
        return Response(status_code=204)

    async def remove_finished(self, request: Request) -> Response:  # noqa: ARG002 - an answer's shape
        await to_thread.run_sync(self._studio.remove_finished)
        return Response(status_code=204)

    async def result(self, request: Request) -> Response:
        item = self._studio.store.get(request.path_params["id"])
        path = self._studio.store.place(item.id) / item.result
        if not item.result or not path.is_file():
            raise Refused(404, f"{item.name} has no result yet")
        return FileResponse(path, media_type=choices.form_of(item).media_type, filename=choices.result_name(item))

    async def original(self, request: Request) -> Response:
        """For the page's video element, and for who lost the file."""
        item = self._studio.store.get(request.path_params["id"])
        media_type = item.look.media_type or "application/octet-stream"
        return FileResponse(self._studio.store.original(item.id), media_type=media_type, filename=item.name)

    async def picture(self, request: Request) -> Response:
        of = "after" if request.query_params.get("of") == "after" else "before"
        at_s, width = _number(request, "at", 0.0, 1e6), int(_number(request, "width", *WIDTHS_PX))
        return await self._decoded(partial(self._studio.picture, request.path_params["id"], of, at_s, width))

    async def backgrounds(self, request: Request) -> Response:  # noqa: ARG002 - an answer's shape
        return Json(await to_thread.run_sync(background_list, self._studio))

    async def _decoded(self, make: Callable[[], tuple[str, bytes]]) -> Response:
        """Few wait in threads, so that uploads always have one. Raises Refused."""
        if self._asking >= MOST_PICTURES:
            raise Refused(503, "too many pictures are asked for at once; ask again in a moment")
        self._decoders = self._decoders or CapacityLimiter(2)
        self._asking += 1
        try:
            media_type, content = await to_thread.run_sync(make, limiter=self._decoders)
        finally:
            self._asking -= 1
        return Response(content, media_type=media_type)


async def _values(request: Request, allowed: set[str]) -> dict[str, Any]:
    """A small JSON object; {} for an empty body. Raises Refused."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_JSON:
            raise Refused(413, f"a request's JSON has at most {LARGEST_JSON} bytes")
    try:
        values = json.loads(bytes(body) or b"{}")
    except (ValueError, RecursionError) as cause:
        raise Refused(400, "the request is no JSON") from cause
    if not isinstance(values, dict) or not set(values) <= allowed:
        raise Refused(400, f"the request's JSON is an object with {', '.join(sorted(allowed))}")
    return values


def _wish(values: Any) -> Wish:
    """Raises Refused."""
    fits = isinstance(values, dict) and all(isinstance(each, str) for each in values.values())
    if not fits or not set(values) <= {"background", "video", "photo"}:
        raise Refused(400, "a wish is an object of texts: background, video, photo")
    return Wish(**values)


def _number(request: Request, name: str, low: float, high: float) -> float:
    """Raises Refused."""
    try:
        value = float(request.query_params.get(name, low))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise Refused(400, f"{name} is a number from {low:g} to {high:g}")
    return value
