"""The panel as one ASGI application: pages, API, pictures, and the safety around them. Opens no port."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp

from livebg.panel import pages
from livebg.panel.api import HANDLERS, Api
from livebg.panel.backgrounds import LARGEST_BYTES, Gallery
from livebg.panel.door import Door
from livebg.panel.live import Live
from livebg.panel.presets import PresetsApi
from livebg.panel.safety import Safety
from livebg.panel.viewers import Viewers
from livebg.pipeline.live.client import Client


def make_app(live: Live, door: Door, gallery: Gallery, hint: str = "", more: Sequence[BaseRoute] = ()) -> ASGIApp:
    """hint: what to do about the virtual camera. more: routes of the studio."""
    viewers = Viewers(live)
    routes: list[BaseRoute] = [
        *pages.routes(),
        *Api(live, gallery, door, hint, bool(more)).routes(),
        *PresetsApi(lambda: Client(live.pid)).routes(),
        WebSocketRoute("/ws", viewers.page),
        WebSocketRoute("/ws/source", viewers.source),
        *more,
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    return Safety(app, door, {"/api/backgrounds": LARGEST_BYTES, "/studio/": 0})
