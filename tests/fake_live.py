"""A running livebg in this process, as the panel's client sees it: it notes what it is asked to do."""

from __future__ import annotations

import dataclasses
import io
import threading
import time
from dataclasses import dataclass, field
from typing import Any, get_args

from PIL import Image, ImageDraw

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.settings import OPTIONS, TYPES, Settings, change
from livebg.panel.live import Live
from livebg.pipeline.live.client import Picture

STATUS: dict[str, Any] = {
    "state": "live", "why": "", "fps": 30.0, "latency_ms": 38.0, "age_p95_ms": 46.0,
    "engine": "selfie", "engine_reason": "no GPU", "background": "bookshelf",
    "outputs": ["virtual camera"],
    "can_switch": [{"where": "virtual-camera", "is_on": True}, {"where": "window", "is_on": False}],
    "watchers": ["Firefox"], "camera": "HD Webcam", "size": "1280x720", "recording": None, "level_db": None,
    "is_recording_paused": False, "last_error": "", "hidden": False, "preset": "",
}  # fmt: skip


@dataclass
class FakeLoop:
    """What every client of it shares. is_there: whether anybody answers. asked: (kind, after) of each picture."""

    is_there: bool = True
    done: list[tuple[str, ...]] = field(default_factory=list)
    asked: list[tuple[str, int | None]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=lambda: dict(STATUS))
    settings: Settings = field(default_factory=Settings)
    pid: int = 7
    sequence: int = 0
    period_s: float = 0.01
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, _pid: int | None) -> FakeClient:
        if not self.is_there:
            raise LivebgError("no livebg runs here; start one: livebg run")
        return FakeClient(self)

    def live(self) -> Live:
        return Live(self.connect)


@dataclass
class FakeClient:
    loop: FakeLoop

    @property
    def pid(self) -> int:
        return self.loop.pid

    def _here(self) -> None:
        if not self.loop.is_there:
            raise LivebgError("no livebg runs here; start one: livebg run")

    def status(self) -> dict[str, Any]:
        self._here()
        return dict(self.loop.status)

    def settings(self) -> dict[str, Any]:
        self._here()
        return {name: _declared(name, self.loop.settings) for name in OPTIONS}

    def do(self, action: str, *values: str) -> dict[str, Any]:
        self._here()
        self.loop.done.append((action, *values))
        if action in ("hide", "show"):
            self.loop.status["state"] = "hidden" if action == "hide" else "live"
        elif action == "background":
            self.loop.status["background"] = values[0]
        elif action == "set":
            if values[1] == "bad":
                raise SettingsError(f"--{values[0]}: 'bad' is not a number (0..1)")
            self.loop.settings = change(self.loop.settings, {values[0]: float(values[1])})
        elif action == "quit":
            self.loop.is_there = False
        return dict(self.loop.status)

    def preview(self, of: str, width: int, after: int | None) -> Picture | None:
        self._here()
        time.sleep(self.loop.period_s)
        with self.loop.lock:
            self.loop.asked.append((of, after))
            self.loop.sequence += 1
            number = self.loop.sequence
        return Picture(drawn(of, width, number), number, 20.0, self.loop.status["state"])

    def close(self) -> None:
        """Nothing to close."""


def drawn(of: str, width: int, number: int) -> bytes:
    """A picture of a person of one colour that moves: JPEG, of a person WebP."""
    height = width * 9 // 16
    has_alpha = of == "person"
    behind = {"composite": (70, 90, 140), "matte": (0, 0, 0), "camera": (160, 120, 70), "person": (0, 0, 0, 0)}[of]
    picture = Image.new("RGBA" if has_alpha else "RGB", (width, height), behind)
    middle, radius = width // 2 + (number % 20) * width // 200, height // 6
    colour = (255, 255, 255) if of == "matte" else (205, 120, 80)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((middle - radius, height // 3 - radius, middle + radius, height // 3 + radius), colour)
    pen.ellipse((middle - 2 * radius, height * 5 // 9, middle + 2 * radius, height * 4 // 3), colour)
    made = io.BytesIO()
    picture.save(made, "WEBP" if has_alpha else "JPEG", quality=80)
    return made.getvalue()


def _declared(name: str, settings: Settings) -> dict[str, Any]:
    spec, kind = OPTIONS[name], TYPES[name]
    words = {bool: "bool", int: "int", float: "float", str: "str"}
    about = dataclasses.asdict(spec)
    return about | {
        "value": getattr(settings, name),
        "default": getattr(Settings(), name),
        "kind": words.get(kind, "list" if get_args(kind) else "str"),
    }
