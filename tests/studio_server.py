"""A studio behind a server of its own, asked by HTTP; and works that stand in for `livebg video` and `livebg image`."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from patience import HANGS_S, until
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from livebg.panel.decoding import Decoding
from livebg.panel.studio.routes import routes
from livebg.panel.studio.studio import Studio

# A livebg in no time: reports two frames, waits while its studio has the file `slow`, and leaves the upload as result.
STAND_IN = """
import json, os, pathlib, shutil, sys, time
output = next(each for each in sys.argv if each.startswith("--output=")).removeprefix("--output=")
pathlib.Path("command.json").write_text(json.dumps(sys.argv[1:]))
original, = (each for each in sys.argv[2:] if os.path.isfile(each))
tell = lambda **values: print(json.dumps({"input": original, "frames": 2} | values), flush=True)
notes = [f"the original of {original} is odd"]
tell(event="began", done=0, engine="none", notes=notes)
tell(event="progress", done=1, fps=1.0, left_s=1.0)
while os.path.exists("../slow"): time.sleep(0.01)
if os.path.exists("../crash"): os.abort()
if os.path.exists("../fail"): sys.exit(f"livebg: one\\nlivebg: {original} holds nothing to do; try another")
shutil.copyfile(original, output)
tell(event="ended", notes=notes)
"""


def stand_in(_module: str, *arguments: str) -> list[str]:
    """In place of own_module of work.py."""
    return [sys.executable, "-c", STAND_IN, *arguments]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def values(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.values["error"])


@dataclass(frozen=True)
class Served:
    studio: Studio
    port: int

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """body: bytes as they are, else JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANGS_S)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, f"/studio{path}", sent, headers)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer

    def announce(self, name: str, count: int, **values: Any) -> Answer:
        return self.ask("POST", "/uploads", {"name": name, "bytes": count, **values})

    def upload(self, name: str, content: bytes, **values: Any) -> Answer:
        """The answer of the content, or of the announcement where that is refused."""
        announced = self.announce(name, len(content), **values)
        if announced.status != 201:
            return announced
        return self.ask("PUT", f"/uploads/{announced.values['id']}", content)

    @property
    def state(self) -> Any:
        return self.ask("GET", "/state").values

    def item(self, item_id: str) -> Any:
        return next(each for each in self.state["items"] if each["id"] == item_id)

    def wait(self, item_id: str, *states: str) -> Any:
        until(lambda: self.item(item_id)["state"] in states, lambda: f"{states}: {self.item(item_id)}")
        return self.item(item_id)

    def files(self) -> set[str]:
        """Everything in the studio's folder, without its lock."""
        folder = self.studio.store.folder
        return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.name != ".lock"}


class QuickServer(uvicorn.Server):
    """Ends at once, where uvicorn's looks ten times a second whether it shall, and waits for its connections."""

    async def main_loop(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's shape
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # type: ignore[union-attr]
        while self.server_state.tasks:
            await asyncio.sleep(0.001)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)


@contextmanager
def serving(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    server = QuickServer(uvicorn.Config(app, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        until(lambda: hasattr(server, "_end"), "the server")
        yield
    finally:
        server.end()
        thread.join()


@contextmanager
def served(folder: Path, background_folder: str = "") -> Iterator[Served]:
    """The studio alone, without the panel around it."""
    decoding = Decoding()
    studio = Studio(folder, background_folder, decoding)
    app = Starlette(routes=[Mount("/studio", routes=routes(studio))])
    try:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            with serving(app, listening):
                yield Served(studio, listening.getsockname()[1])
    finally:
        studio.close()
        decoding.close()
