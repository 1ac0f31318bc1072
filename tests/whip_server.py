"""A WHIP server of aiortc for one stream: says its port, and when the stream has ended, as JSON, what it received."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError


class Server:
    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.colours: list[list[int]] = []
        self.loudest, self.sounds, self.ended = 0.0, 0, asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, *lines = head.splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if method.startswith("POST"):
            self.headers = headers
            answer = (await self._answer(body.decode())).encode()
            status = "201 Created\r\nContent-Type: application/sdp\r\nLocation: /stream/1"
        else:  # DELETE: the stream has ended
            answer, status = b"", "200 OK"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode() + answer
        )
        await writer.drain()
        writer.close()

    async def _answer(self, offer: str) -> str:
        self._peer = peer = RTCPeerConnection()
        peer.on("track", lambda track: self._tasks.append(asyncio.ensure_future(self._take(track))))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def _take(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    image = frame.to_ndarray(format="bgr24")
                    height, width = image.shape[:2]
                    self.colours.append([*image[height // 2, width // 4].tolist(), *image[height // 2, -4].tolist()])
                else:
                    self.sounds += 1
                    self.loudest = max(self.loudest, float(np.abs(frame.to_ndarray()).max()) / 32768)
        except MediaStreamError:
            self.ended.set()


async def main() -> None:
    server = Server()
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await server.ended.wait()
    received = {"token": server.headers.get("authorization", ""), "colours": server.colours}
    print(json.dumps(received | {"sounds": server.sounds, "loudest": server.loudest}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
