"""libpipewire by ctypes: its structures, and one connection to the daemon with the list of what is there.

Callbacks run in the library's own thread (a pw_thread_loop), under its lock; whoever calls the library from another
thread takes that lock. Layouts: pipewire/stream.h, pipewire/core.h, spa/buffer/buffer.h, spa/utils/hook.h, the same on
64-bit x86 and ARM since 0.3.
"""

# Only Linux has these calls: mypy --platform win32 and darwin find them missing.
# mypy: disable-error-code="attr-defined"
from __future__ import annotations

import ctypes as c
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

SONAME = "libpipewire-0.3.so.0"
ANYBODY = 0xFFFFFFFF
OWN = {"application.name": "livebg"}
NODE, CLIENT, LINK, METADATA = (f"PipeWire:Interface:{each}" for each in ("Node", "Client", "Link", "Metadata"))
ANSWER_S = 2.0  # the daemon's for the list; a healthy one takes milliseconds


class NoPipeWire(Exception):
    """PipeWire cannot be used here; the message says why and what to do."""


@cache
def library() -> Any:
    """The loaded library, initialised. Raises NoPipeWire."""
    try:
        loaded = c.CDLL(SONAME)
    except OSError as cause:
        raise NoPipeWire(f"{SONAME} is not installed (sudo apt install pipewire wireplumber)") from cause
    for name in (
        *("pw_thread_loop_new", "pw_thread_loop_get_loop", "pw_context_new", "pw_context_connect"),
        *("pw_properties_new_string", "pw_stream_new"),
    ):
        getattr(loaded, name).restype = c.c_void_p
    loaded.pw_stream_dequeue_buffer.restype = c.POINTER(Buffer)
    loaded.pw_stream_get_node_id.restype = c.c_uint32
    loaded.pw_init(None, None)
    return loaded


def daemon_address() -> str:
    """Where the daemon listens, as libpipewire looks for it. Raises NoPipeWire."""
    name = os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0"
    folder = os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR")
    if not name.startswith("/") and not folder:
        raise NoPipeWire("XDG_RUNTIME_DIR is not set, so that its daemon cannot be found; start livebg in your desktop")
    return os.path.join(folder or "/", name)


def check_daemon() -> None:
    """Raises NoPipeWire where the library is missing or no daemon answers."""
    library()
    address = daemon_address()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(ANSWER_S)
        try:
            probe.connect(address)
        except OSError as cause:
            raise NoPipeWire(
                f"no daemon answers at {address} ({cause.strerror or cause}); "
                "start it: systemctl --user start pipewire wireplumber"
            ) from cause


class _Callbacks(c.Structure):
    _fields_ = [("functions", c.c_void_p), ("data", c.c_void_p)]


class _Interface(c.Structure):
    """What the library's objects begin with: methods are functions with the object's data first."""

    _fields_ = [("type", c.c_char_p), ("version", c.c_uint32), ("callbacks", _Callbacks)]


class Hook(c.Structure):
    """A listener's place in the library's list."""

    _fields_ = [("next", c.c_void_p), ("last", c.c_void_p), ("callbacks", _Callbacks), ("rest", c.c_void_p * 2)]


class Chunk(c.Structure):
    _fields_ = [("offset", c.c_uint32), ("size", c.c_uint32), ("stride", c.c_int32), ("flags", c.c_int32)]


class Data(c.Structure):
    _fields_ = [
        *(("type", c.c_uint32), ("flags", c.c_uint32), ("handle", c.c_int64), ("offset", c.c_uint32)),
        *(("size", c.c_uint32), ("address", c.c_void_p), ("chunk", c.POINTER(Chunk))),
    ]


class _SpaBuffer(c.Structure):
    _fields_ = [
        *(("metas", c.c_uint32), ("blocks", c.c_uint32)),
        *(("meta", c.c_void_p), ("data", c.POINTER(Data))),
    ]


class Buffer(c.Structure):
    _fields_ = [
        *(("inner", c.POINTER(_SpaBuffer)), ("user_data", c.c_void_p)),
        *(("size", c.c_uint64), ("requested", c.c_uint64)),
    ]


class _Dict(c.Structure):
    class Item(c.Structure):
        _fields_ = [("key", c.c_char_p), ("value", c.c_char_p)]

    _fields_ = [("flags", c.c_uint32), ("count", c.c_uint32), ("items", c.POINTER(Item))]


StateChanged = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.c_int, c.c_char_p)
ParameterChanged = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_void_p)
Plain = c.CFUNCTYPE(None, c.c_void_p)
_Done = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_int)
_Failed = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_int, c.c_int, c.c_char_p)
_Came = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_uint32, c.c_char_p, c.c_uint32, c.POINTER(_Dict))
_Went = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32)


class StreamEvents(c.Structure):
    _fields_ = [
        *(("version", c.c_uint32), ("destroy", c.c_void_p), ("state_changed", StateChanged)),
        *(("control_info", c.c_void_p), ("io_changed", c.c_void_p), ("param_changed", ParameterChanged)),
        *(("add_buffer", c.c_void_p), ("remove_buffer", c.c_void_p), ("process", Plain)),
        *(("drained", c.c_void_p), ("command", c.c_void_p), ("trigger_done", c.c_void_p)),
    ]


class _CoreEvents(c.Structure):
    _fields_ = [
        *(("version", c.c_uint32), ("info", c.c_void_p), ("done", _Done), ("ping", c.c_void_p), ("error", _Failed)),
        *((name, c.c_void_p) for name in ("remove_id", "bound_id", "add_mem", "remove_mem", "bound_props")),
    ]


class _RegistryEvents(c.Structure):
    _fields_ = [("version", c.c_uint32), ("came", _Came), ("went", _Went)]


@dataclass
class Global:
    """An object of the daemon: its kind (NODE, CLIENT, LINK, METADATA) and properties."""

    kind: str
    properties: dict[str, str] = field(default_factory=dict)


class Connection:
    """Connected to the daemon until close(); is_lost once the daemon has gone. Raises NoPipeWire.

    globals: what the daemon has, by id. on_change: the owner sets it; the library's thread calls it after each change.
    """

    def __init__(self) -> None:
        check_daemon()  # a context is large, and the holder may ask for hours
        self.lib = library()
        self.globals: dict[int, Global] = {}
        self.is_lost = False
        self.on_change: Callable[[], None] = lambda: None
        self._listed, self._awaited = threading.Event(), -1
        self._core_events = _CoreEvents(version=0, done=_Done(self._done), error=_Failed(self._failed))
        self._registry_events = _RegistryEvents(version=0, came=_Came(self._came), went=_Went(self._went))
        self._hooks = Hook(), Hook()
        self.loop = c.c_void_p(self.lib.pw_thread_loop_new(b"livebg-pipewire", None))
        self._context = c.c_void_p(self.lib.pw_context_new(self._inner_loop(), None, c.c_size_t(0)))
        self.core: Any = None
        if self.lib.pw_thread_loop_start(self.loop) < 0:
            raise NoPipeWire("its thread cannot be started")
        with self.locked():
            self.core = c.c_void_p(self.lib.pw_context_connect(self._context, self._properties(OWN), c.c_size_t(0)))
            if self.core:
                self._listen()
        if not self.core:
            self.close()
            raise NoPipeWire(f"no daemon answers at {daemon_address()}")

    def _inner_loop(self) -> c.c_void_p:
        return c.c_void_p(self.lib.pw_thread_loop_get_loop(self.loop))

    def _listen(self) -> None:
        add = c.CFUNCTYPE(c.c_int, c.c_void_p, c.POINTER(Hook), c.c_void_p, c.c_void_p)
        registry_of = c.CFUNCTYPE(c.c_void_p, c.c_void_p, c.c_uint32, c.c_size_t)
        sync = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_uint32, c.c_int)
        _call(self.core, 1, add, c.byref(self._hooks[0]), c.addressof(self._core_events), None)
        registry = c.c_void_p(_call(self.core, 6, registry_of, 3, 0))
        _call(registry, 1, add, c.byref(self._hooks[1]), c.addressof(self._registry_events), None)
        self._awaited = _call(self.core, 3, sync, 0, 0)

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.lib.pw_thread_loop_lock(self.loop)
        try:
            yield
        finally:
            self.lib.pw_thread_loop_unlock(self.loop)

    def wait_for_list(self) -> None:
        """Returns once `globals` is complete. Raises NoPipeWire."""
        if not self._listed.wait(ANSWER_S) or self.is_lost:
            raise NoPipeWire(f"its daemon does not answer within {ANSWER_S:g} s; systemctl --user restart pipewire")

    def new_stream(self, name: str, properties: dict[str, str], events: StreamEvents, hook: Hook) -> c.c_void_p:
        """An unconnected stream; call it under the lock. events, hook: keep them as long as the stream."""
        stream = c.c_void_p(self.lib.pw_stream_new(self.core, name.encode(), self._properties(properties)))
        self.lib.pw_stream_add_listener(stream, c.byref(hook), c.byref(events), None)
        return stream

    def _properties(self, properties: dict[str, str]) -> c.c_void_p:
        """For a call that takes them over."""
        text = " ".join(f'{key}="{_escaped(value)}"' for key, value in properties.items())
        return c.c_void_p(self.lib.pw_properties_new_string(text.encode()))

    @property
    def has_session_manager(self) -> bool:
        """Whether a program (WirePlumber) is there that links readers to cameras; it also makes this metadata."""
        found = list(self.globals.values())
        return any(each.kind == METADATA and each.properties.get("metadata.name") == "default" for each in found)

    def close(self) -> None:
        """Destroy streams before. May be called twice."""
        if self.loop:
            self.lib.pw_thread_loop_stop(self.loop)
            self.lib.pw_context_destroy(self._context)  # and with it the core and the registry
            self.lib.pw_thread_loop_destroy(self.loop)
            self.loop = c.c_void_p()

    def _done(self, _data: Any, number: int, sequence: int) -> None:
        if number == 0 and sequence == self._awaited:
            self._listed.set()

    def _failed(self, _data: Any, number: int, _sequence: int, code: int, _text: bytes) -> None:
        if number == 0 and code == -32:  # EPIPE on the core itself: the daemon has gone
            self.is_lost = True
            self._listed.set()
            self.on_change()

    def _came(self, _data: Any, number: int, _rights: int, kind: bytes, _version: int, properties: Any) -> None:
        found = properties.contents if properties else _Dict()
        pairs = [(found.items[at].key, found.items[at].value) for at in range(found.count)]
        texts = {_text(key): _text(value) for key, value in pairs}
        self.globals[number] = Global(kind.decode(), texts)
        self.on_change()

    def _went(self, _data: Any, number: int) -> None:
        self.globals.pop(number, None)
        self.on_change()


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _call(target: c.c_void_p, number: int, kind: Any, *arguments: Any) -> Any:
    """Calls an object's method: methods are a table of pointers, the first of which is its version."""
    callbacks = c.cast(target, c.POINTER(_Interface)).contents.callbacks
    table = c.cast(callbacks.functions, c.POINTER(c.c_void_p))
    return kind(table[number])(callbacks.data, *arguments)
