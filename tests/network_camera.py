"""A camera of the network on 127.0.0.1: MJPEG over HTTP as phone applications serve it, which can stall, hang or go."""

from __future__ import annotations

import contextlib
import http.server
import io
import socketserver
import threading
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image as Pillow


class NetworkCamera:
    """What it sends, and when; to be changed while it runs.

    shade: of its grey pictures. is_stalled: connections stay open and nothing is sent; what was taken meanwhile comes
    at once afterwards. is_hanging: a new connection gets no answer. limit_s: a connection is closed after that.
    """

    def __init__(self) -> None:
        self.shade, self.size, self.fps = 40, (64, 48), 50.0
        self.is_stalled = self.is_hanging = False
        self.limit_s = float("inf")
        self.connections = 0
        self.port = 0
        self._server: http.server.HTTPServer | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    def start(self) -> None:
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    camera._serve(self)

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads, allow_reuse_address = True, True

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="tqdm-server", daemon=True).start()

    def stop(self) -> None:
        """Its connections are closed, and nobody listens there."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()

    def _serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        server = self._server
        self.connections += 1
        while self.is_hanging and self._server is server:
            time.sleep(0.02)
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--frame")
        handler.end_headers()
        begun_s, number = time.monotonic(), 0
        while self._server is server and time.monotonic() - begun_s < self.limit_s:
            time.sleep(max(0.0, begun_s + number / self.fps - time.monotonic()))
            picture = self._picture()
            while self.is_stalled and self._server is server:
                time.sleep(0.02)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            handler.wfile.write(head.encode() + picture + b"\r\n")
            number += 1

    def _picture(self) -> bytes:
        stream = io.BytesIO()
        Pillow.fromarray(np.full((*self.size[::-1], 3), self.shade, np.uint8)).save(stream, "JPEG")
        return stream.getvalue()


@contextlib.contextmanager
def network_camera() -> Iterator[NetworkCamera]:
    camera = NetworkCamera()
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
