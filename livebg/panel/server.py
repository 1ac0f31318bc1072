"""`livebg panel` from start to end: one port, one page, and the live loop that it found or started. Main thread.

Ctrl-C, or any other signal that ends a program, ends the panel and the live loop that it started, whole.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.user_folders import state_folder
from livebg.panel.app import make_app
from livebg.panel.backgrounds import Gallery
from livebg.panel.connections import BACKLOG, Connection
from livebg.panel.decoding import Decoding
from livebg.panel.door import Door, known_panel, open_door, remember
from livebg.panel.live import Live, Steering
from livebg.panel.studio.routes import routes
from livebg.panel.studio.studio import Studio
from livebg.pipeline.signals import ENDING

log = logging.getLogger(__name__)

USUAL_PORT = 8642
HERE = "127.0.0.1"
MESSAGE_BYTES = 4096  # of a page's WebSocket message
HEADERS_BYTES = 16 * 1024
LOOK_S = 5.0  # how often the decoder's process may end
PARENT_S = 1.0  # how often the panel beside a livebg looks whether that is there


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for.

    port: 0: the usual one, or any that is free. options: of `livebg run`, where the panel starts it. pid: of the live
    loop that it belongs to, or None. own_backgrounds: the user's folder, '' for the usual one. hint: what to do about
    the virtual camera, '' where there is one.
    """

    host: str = HERE
    port: int = 0
    has_browser: bool = True
    options: tuple[str, ...] = ()
    pid: int | None = None
    own_backgrounds: str = ""
    hint: str = ""


def run(wish: Wish) -> Iterator[str]:
    """Lines for the user; serves until a signal comes. Raises LivebgError."""
    found = _other_panel(wish)
    if found:
        yield f"the panel runs already: {found.address}"
        if wish.has_browser:
            webbrowser.open(found.once)
        return
    with closing(_listen(wish.host, wish.port)) as listening:
        port = listening.getsockname()[1]
        try:
            door = open_door(port, _hosts(wish.host, port))
            remember(door, os.getpid())
        except OSError as cause:
            raise LivebgError(f"the panel cannot keep its token: {cause}") from cause
        shown = HERE if wish.host in ("0.0.0.0", "::", "localhost") else wish.host
        page = f"http://{shown}:{port}/"
        if wish.host not in (HERE, "localhost"):
            yield (
                f"--host {wish.host}: everybody in this network who has the address below sees your picture and steers "
                "livebg; the connection is not encrypted, so use it in networks that you trust"
            )
        yield f"the panel: {page}?token={door.token}"
        live = Live(connect, wish.options, wish.pid)
        try:
            asyncio.run(_serve(wish, door, live, listening, page))
        finally:
            live.close()


def connect(pid: int | None) -> Steering:
    """The live loop to show. Raises LivebgError."""
    from livebg.pipeline.live.client import Client

    return Client(pid)


def why_no_virtual_camera() -> str:
    """'' where one can be written to, or only opening it tells (Windows, macOS); else why not, and what to do."""
    from livebg.sinks.virtual_camera.devices import list_virtual_cameras, set_up_hint
    from livebg.sinks.virtual_camera.every import why_no_pipewire

    if not sys.platform.startswith("linux") or list_virtual_cameras():
        return ""
    reason = why_no_pipewire()
    return f"{reason}; or, as root, with v4l2loopback: {set_up_hint()}" if reason else ""


async def _serve(wish: Wish, door: Door, live: Live, listening: socket.socket, page: str) -> None:
    from livebg.scene.backgrounds.catalog import added_folder

    own = Path(wish.own_backgrounds).expanduser() if wish.own_backgrounds else added_folder()
    with closing(Decoding()) as decoding, _studio(own, decoding) as more:
        resting = asyncio.create_task(_let_rest(decoding))
        app = make_app(live, door, Gallery(own, decoding), wish.hint, more)
        await _serve_app(wish, app, live, listening, lambda: f"{page}?ticket={door.ticket()}")
        resting.cancel()


async def _let_rest(decoding: Decoding) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(decoding.rest)


async def _serve_app(wish: Wish, app: ASGIApp, live: Live, listening: socket.socket, once: Callable[[], str]) -> None:
    """once: an address to open, which opens once."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # pictures are packed already
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADERS_BYTES,
        backlog=BACKLOG,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    tasks = list[asyncio.Task[None]]()
    with _ended_by_signals(server):
        if wish.pid is not None and wish.pid == os.getppid():
            tasks.append(asyncio.create_task(_end_with_parent(server)))
        if wish.pid is None:
            await asyncio.to_thread(live.start)
        if wish.has_browser:
            asyncio.get_running_loop().call_later(0.3, lambda: webbrowser.open(once()))
        await server.serve(sockets=[listening])
        for each in tasks:
            each.cancel()


async def _end_with_parent(server: uvicorn.Server) -> None:
    """The panel of a livebg that was killed would keep the next one's from its place. POSIX: elsewhere it stays."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_S)
    server.should_exit = True


@contextmanager
def _studio(own_backgrounds: Path, decoding: Decoding) -> Iterator[Sequence[BaseRoute]]:
    """Its routes; none where it has no place for its files. At the end its work ends, and its files go."""
    try:
        studio = Studio(state_folder() / "studio", str(own_backgrounds), decoding)
    except LivebgError as failure:
        log.warning("the studio stays closed: %s", failure)
        yield []
        return
    with closing(studio):
        yield [Mount("/studio", routes=routes(studio))]


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """At its end uvicorn raises again those that it has caught: this handler meets them, and ends the server alone."""

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {each: signal.signal(each, end) for each in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Raises SettingsError for a host or port that cannot be had."""
    last = known_panel().get("port")
    for wanted in [port] if port else [last if isinstance(last, int) and last in range(1, 2**16) else USUAL_PORT, 0]:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listening = socket.socket(family)
            if os.name == "posix":  # elsewhere it would let another program take the port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, wanted))
            listening.listen()  # who has read the address waits for the server, and no other panel takes the port
        except OSError as cause:
            listening.close()
            failure = cause
            continue
        return listening
    what = f"--host {host}" if isinstance(failure, socket.gaierror) else f"port {port or USUAL_PORT} at {host}"
    raise SettingsError(f"{what} cannot be had: {failure.strerror}; give another --port or --host")


def _hosts(host: str, port: int) -> frozenset[str]:
    """What a browser may write into the header Host."""
    names = {HERE, "localhost"}
    if host in ("0.0.0.0", "::"):
        names |= _own_addresses()
    elif host not in names:
        names = {f"[{host}]" if ":" in host else host}
    return frozenset(f"{each}:{port}" for each in names)


def _own_addresses() -> set[str]:
    import psutil  # type: ignore[import-untyped]  # it has no types of its own

    found = {each.address for all_of in psutil.net_if_addrs().values() for each in all_of}
    return {each for each in found if each.count(".") == 3} | {socket.gethostname().lower()}


@dataclass(frozen=True, slots=True)
class _Other:
    """A panel that runs already. address: with its token; once: another one, which opens once."""

    address: str
    once: str


def _other_panel(wish: Wish) -> _Other | None:
    """This user's panel that runs already; None where none answers."""
    known = known_panel()
    port = known.get("port")
    if not isinstance(port, int) or wish.port not in (0, port) or wish.host != HERE:
        return None
    page = f"http://{HERE}:{port}"
    headers = {"Cookie": f"livebg-{port}={known.get('session')}", "Origin": page}
    with (
        suppress(OSError, ValueError, KeyError, TypeError, http.client.HTTPException),
        closing(http.client.HTTPConnection(HERE, port, timeout=2)) as to,
    ):
        to.request("POST", "/api/ticket", headers=headers)
        answer = to.getresponse()
        if answer.status == http.client.OK:
            ticket = json.loads(answer.read())["ticket"]
            return _Other(f"{page}/?token={known.get('token')}", f"{page}/?ticket={ticket}")
    return None
