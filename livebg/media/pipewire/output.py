"""The camera "livebg" in PipeWire: one node, one size, I420. Who reads it, from the node's state and links.

Its owner calls send() at the camera's own pace; PipeWire's thread calls `on_change` when something is new.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable
from typing import Any

from livebg.media.pipewire import pods
from livebg.media.pipewire.library import (
    ANYBODY,
    CLIENT,
    LINK,
    Connection,
    Hook,
    NoPipeWire,
    ParameterChanged,
    StateChanged,
    StreamEvents,
)

NAME = "livebg"
STREAMING, _ERROR, _UNCONNECTED = 3, -1, 0
_OUT, _MAPPED_AND_DRIVER = 1, 4 | 8  # the stream's own pace drives the readers


class CameraOutput:
    """The node, from the daemon's answer until close(). Raises NoPipeWire.

    width, height: even. is_lost: the daemon has gone, and the node with it.
    """

    def __init__(self, width: int, height: int, fps: float, on_change: Callable[[], None]) -> None:
        self.width, self.height, self.size = width, height, width * height * 3 // 2
        self._state, self._on_change, self._stream = _UNCONNECTED, on_change, c.c_void_p()
        self._was_connected = False
        self._connection = Connection()
        self._connection.on_change = on_change
        self._lib, self._hook = self._connection.lib, Hook()
        self._events = StreamEvents(
            version=2, state_changed=StateChanged(self._changed), param_changed=ParameterChanged(self._agreed)
        )
        try:
            self._connect(round(fps) or 30)
        except BaseException:
            self.close()
            raise

    def _connect(self, fps: int) -> None:
        self._connection.wait_for_list()
        about = {"media.class": "Video/Source", "media.role": "Camera", "node.name": NAME, "node.description": NAME}
        offer = c.create_string_buffer(pods.offered("I420", self.width, self.height, fps))
        with self._connection.locked():
            self._stream = self._connection.new_stream(NAME, about, self._events, self._hook)
            parameter = c.c_void_p(c.addressof(offer))
            code = self._lib.pw_stream_connect(
                self._stream, _OUT, c.c_uint32(ANYBODY), _MAPPED_AND_DRIVER, c.byref(parameter), 1
            )
        if code < 0:
            raise NoPipeWire(f"it refuses the camera (error {-code}); systemctl --user restart pipewire")

    def _changed(self, _data: Any, _old: int, new: int, _error: bytes) -> None:
        self._state = new
        self._was_connected |= new > 1
        self._on_change()

    def _agreed(self, _data: Any, number: int, parameter: Any) -> None:
        if number == pods.FORMAT and parameter:
            wanted = [c.create_string_buffer(each) for each in (pods.buffers(self.size, self.width), pods.header())]
            addresses = (c.c_void_p * len(wanted))(*map(c.addressof, wanted))
            self._lib.pw_stream_update_params(self._stream, addresses, len(wanted))

    @property
    def is_lost(self) -> bool:
        has_ended = self._state == _ERROR or (self._was_connected and self._state == _UNCONNECTED)
        return self._connection.is_lost or has_ended

    @property
    def is_read(self) -> bool:
        return self._state == STREAMING and not self.is_lost

    @property
    def has_session_manager(self) -> bool:
        return self._connection.has_session_manager

    @property
    def readers(self) -> list[str]:
        """Names of the programs that read, as they call themselves: for display only."""
        with self._connection.locked():
            found = dict(self._connection.globals)
            own = self._lib.pw_stream_get_node_id(self._stream)
        ends = [each.properties for each in found.values() if each.kind == LINK]
        nodes = [each.get("link.input.node", "") for each in ends if each.get("link.output.node") == str(own)]
        names = set[str]()
        for node in [found[int(each)].properties for each in nodes if each.isdecimal() and int(each) in found]:
            number = node.get("client.id", "")
            client = found.get(int(number)) if number.isdecimal() else None
            about = client.properties if client is not None and client.kind == CLIENT else {}
            is_by_portal = about.get("pipewire.access") == "portal"  # then the client has the portal's name
            own_name = "" if is_by_portal else about.get("application.name", "")
            names.add(own_name or node.get("node.name", "?"))
        return sorted(names)

    def send(self, picture: bytearray | memoryview) -> bool:
        """One picture, I420, `size` bytes of writeable memory, to all who read. False: nobody reads, or is ready."""
        if not self.is_read:
            return False
        with self._connection.locked():
            taken = self._lib.pw_stream_dequeue_buffer(self._stream)
            if not taken:
                return False
            data = taken.contents.inner.contents.data[0]
            size = min(self.size, data.size)
            c.memmove(data.address, (c.c_char * self.size).from_buffer(picture), size)
            chunk = data.chunk.contents
            chunk.offset, chunk.size, chunk.stride, chunk.flags = 0, size, self.width, 0
            self._lib.pw_stream_queue_buffer(self._stream, taken)
            self._lib.pw_stream_trigger_process(self._stream)
        return True

    def close(self) -> None:
        """May be called twice."""
        if self._stream:
            with self._connection.locked():
                self._lib.pw_stream_destroy(self._stream)
            self._stream = c.c_void_p()
        self._connection.close()
