"""Cameras that others have in PipeWire: which there are, and the newest picture of one.

Many laptops' IPU6 cameras are only there. livebg's own camera never counts as one. PipeWire's thread takes each picture
out of its buffer; read() waits for the newest in the caller's thread.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livebg.core.threads import Closed, Latest
from livebg.media.pipewire import pods
from livebg.media.pipewire.library import (
    ANYBODY,
    CLIENT,
    LINK,
    NODE,
    OWN,
    Buffer,
    Connection,
    Global,
    Hook,
    NoPipeWire,
    ParameterChanged,
    Plain,
    StateChanged,
    StreamEvents,
)
from livebg.media.pipewire.output import NAME
from livebg.media.pipewire.pods import VideoFormat

PIXELS = ("NV12", "YUY2", "I420", "BGRx", "RGBx", "BGRA", "RGBA", "BGR", "RGB")  # the smallest first
_IN, _LINKED_AND_MAPPED = 0, 1 | 4 | 128  # to the target alone: WirePlumber takes no other camera in its place
_CHUNK_CORRUPTED = 1


@dataclass(frozen=True, slots=True)
class PipeWireNode:
    """One camera. name: PipeWire's, description: the one that programs show; api: 'v4l2', 'libcamera' or ''."""

    number: int
    serial: str
    name: str
    description: str
    api: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """planes: bytes and stride of each block of memory; most formats have one for the whole picture."""

    format: VideoFormat
    planes: tuple[tuple[bytes, int], ...]


def list_nodes(own: bool = False) -> list[PipeWireNode]:
    """All cameras but livebg's own, or only those, in the order in which they came. Raises NoPipeWire."""
    connection = Connection()
    try:
        connection.wait_for_list()
        return nodes_of(connection.globals, own)
    finally:
        connection.close()


def nodes_of(found: dict[int, Global], own: bool = False) -> list[PipeWireNode]:
    """Those among the daemon's objects."""
    nodes = []
    for number, each in sorted(found.items()):
        about = each.properties
        if each.kind == NODE and about.get("media.class") == "Video/Source" and _is_own(about, found) == own:
            name, device = about.get("node.name", ""), _at(found, about.get("device.id"))
            description = about.get("node.description") or about.get("node.nick") or name
            api = device.properties.get("device.api", "") if device is not None else ""
            nodes.append(PipeWireNode(number, about.get("object.serial", str(number)), name, description, api))
    return nodes


def _is_own(about: dict[str, str], found: dict[int, Global]) -> bool:
    """By its maker, and by its name, which a v4l2loopback device of livebg's has, too."""
    client = _at(found, about.get("client.id"))
    is_ours = client is not None and client.kind == CLIENT and client.properties.get("application.name") in OWN.values()
    return is_ours or NAME in (about.get("node.name", "") + about.get("node.description", "")).lower()


def _at(found: dict[int, Global], number: str | None) -> Global | None:
    return found.get(int(number)) if number and number.isdecimal() else None


class CameraInput:
    """Reads one camera until close(); width, height, fps: preferred ones. Raises NoPipeWire."""

    def __init__(self, node: PipeWireNode, width: int, height: int, fps: float) -> None:
        self._node, self._failure = node, ""
        self._format: VideoFormat | None = None
        self._slot: Latest[Picture] = Latest()
        self._stream, self._hook = c.c_void_p(), Hook()
        self._connection = Connection()
        self._lib = self._connection.lib
        self._events = StreamEvents(
            version=2,
            state_changed=StateChanged(self._changed),
            param_changed=ParameterChanged(self._agreed),
            process=Plain(self._filled),
        )
        try:
            self._connection.wait_for_list()
            if not self._connection.has_session_manager:
                raise NoPipeWire("WirePlumber does not run, which links cameras; systemctl --user start wireplumber")
            self._connect(width, height, round(fps) or 30)
            self._connection.on_change = self._changed_around
        except BaseException:
            self.close()
            raise

    def _connect(self, width: int, height: int, fps: int) -> None:
        about = {
            "media.type": "Video",
            "media.category": "Capture",
            "media.role": "Camera",
            "node.name": "livebg-input",
        }
        about |= {"target.object": self._node.serial, "node.dont-fallback": "true"}
        wanted = c.create_string_buffer(pods.accepted(PIXELS, width, height, fps))
        with self._connection.locked():
            self._stream = self._connection.new_stream("livebg-input", about, self._events, self._hook)
            parameter = c.c_void_p(c.addressof(wanted))
            code = self._lib.pw_stream_connect(
                self._stream, _IN, c.c_uint32(ANYBODY), _LINKED_AND_MAPPED, c.byref(parameter), 1
            )
        if code < 0:
            raise NoPipeWire(f"it refuses to read {self._node.description} (error {-code})")

    def read(self, timeout_s: float) -> Picture | None:
        """The newest picture not read before; None if none came in time. Raises NoPipeWire once the camera is lost."""
        if not self._failure:
            try:
                return self._slot.get(timeout_s)
            except Closed:
                pass
        raise NoPipeWire(self._failure or "it is closed")

    def _lose(self, why: str) -> None:
        self._failure = self._failure or why
        self._slot.close()

    def _changed(self, _data: Any, old: int, new: int, error: bytes | None) -> None:
        if new == -1 or (new == 0 and old > 0):
            self._lose((error or b"").decode(errors="replace") or "PipeWire has let it go")

    def _changed_around(self) -> None:
        """Its node may have gone, or another one may be linked in its place."""
        if self._connection.is_lost:
            self._lose("PipeWire has gone")
        elif self._stream:
            own = str(self._lib.pw_stream_get_node_id(self._stream))
            links = [each.properties for each in self._connection.globals.values() if each.kind == LINK]
            sources = {each.get("link.output.node") for each in links if each.get("link.input.node") == own}
            if self._node.number not in self._connection.globals:
                self._lose("it has gone")
            elif sources - {str(self._node.number)}:
                self._lose("PipeWire gives another camera in its place")

    def _agreed(self, _data: Any, number: int, parameter: int | None) -> None:
        if number != pods.FORMAT or not parameter:
            return
        size = c.c_uint32.from_address(parameter).value
        self._format = pods.parse_format(c.string_at(parameter, 8 + size))
        if self._format is None or not self._format.pixels:
            self._lose("it gives pictures in no format that livebg reads")
            return
        wanted = c.create_string_buffer(pods.readable_buffers())
        address = c.c_void_p(c.addressof(wanted))
        self._lib.pw_stream_update_params(self._stream, c.byref(address), 1)

    def _filled(self, _data: Any) -> None:
        """Of several full buffers the newest."""
        taken = self._lib.pw_stream_dequeue_buffer(self._stream)
        while taken and (newer := self._lib.pw_stream_dequeue_buffer(self._stream)):
            self._lib.pw_stream_queue_buffer(self._stream, taken)
            taken = newer
        if not taken:
            return
        planes = _planes(taken)
        self._lib.pw_stream_queue_buffer(self._stream, taken)
        if self._format is not None and planes:
            try:
                self._slot.put(Picture(self._format, planes))
            except Closed:
                return

    def close(self) -> None:
        """May be called twice."""
        self._slot.close()
        if self._stream:
            with self._connection.locked():
                stream, self._stream = self._stream, c.c_void_p()
                self._lib.pw_stream_destroy(stream)
        self._connection.close()


def _planes(taken: Any) -> tuple[tuple[bytes, int], ...]:
    """The blocks' bytes, copied; none where a block is missing, empty or broken."""
    buffer: Buffer = taken.contents
    inner = buffer.inner.contents
    found: list[tuple[bytes, int]] = []
    for number in range(inner.blocks):
        data = inner.data[number]
        chunk = data.chunk.contents
        offset = min(chunk.offset, data.size)
        size = min(chunk.size, data.size - offset)
        if not data.address or not size or chunk.flags & _CHUNK_CORRUPTED:
            return ()
        found.append((c.string_at(data.address + offset, size), chunk.stride))
    return tuple(found)


def chosen(nodes: Sequence[PipeWireNode], wanted: str) -> list[PipeWireNode]:
    """Those whose name or description is, or else contains, `wanted` (any case)."""
    word = wanted.strip().lower()
    exact = [each for each in nodes if word in (each.name.lower(), each.description.lower())]
    return exact or [each for each in nodes if word in f"{each.name}\n{each.description}".lower()]
