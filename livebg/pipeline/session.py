"""The live chain for Python programs: frames of the caller, or of a source, in; composites out. Caller's thread.

The way of a frame is the live loop's own (live/build.py, live/loop.py), with the caller in place of outputs: engine,
memory between frames, replacement of an engine that hangs, output gate. Without a valid matte of the very frame,
callers get what viewers would get, never the camera's picture.
"""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.capture.frame import new_frame, next_frame
from livebg.core.errors import LivebgError, SettingsError
from livebg.core.keywords import in_keywords, plain_values
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import OF_PICTURES, OPTIONS, Settings, change, option_name
from livebg.core.stats import Stats
from livebg.core.threads import Closed, Latest
from livebg.core.types import Composite, Frame, FrameSource, Image, SourceInfo
from livebg.pipeline.live.build import open_stages
from livebg.pipeline.live.loop import Pipeline
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.run import all_ended
from livebg.pipeline.live.supervisor import STUCK_S
from livebg.pipeline.live.worker import engine_of
from livebg.scene.backgrounds import open_background
from livebg.sinks.callback import CallbackSink
from livebg.sinks.recording.session import RecordingSession

if TYPE_CHECKING:
    from typing import Unpack

    from livebg.core.settings_dict import SettingsDict

LOOK_S = 0.01
PICTURE = "a frame is an array of shape (H, W, 3), uint8, in the order BGR, or RGB with rgb=True"
OF_SESSIONS = ("pace", "fps", "hide")  # besides those of the picture


class Composites:
    """A source's composites, one after the other. Owns the source, and all parts on a frame's way.

    source: replaces the one in the settings. is_over: nobody waits any more. Raises LivebgError.
    """

    def __init__(
        self,
        settings: Settings,
        is_rgb: bool,
        source: FrameSource | None = None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self.controls, self._is_rgb, self._is_over, stats = LiveSettings(settings), is_rgb, is_over, Stats()
        self._made = deque[Composite]()
        outputs = LiveOutputs([CallbackSink(self._made.append, is_rgb)])
        with all_ended(), ExitStack() as parts:
            self._stages = open_stages(
                parts, self.controls, stats, lambda _: None, outputs, source, RecordingSession(), is_over
            )
            parts.callback(self._stages.source.close)  # first: its reader may wait for a frame that nobody gives
            self._parts = parts.pop_all()
        self._loop = Pipeline(self._stages, self.controls, stats)

    @property
    def engine(self) -> str:
        """'' until it is open."""
        return self._loop.engine

    @property
    def ready_at_s(self) -> float | None:
        """Monotonic clock when the engine was open; None until then."""
        return self._stages.pictures.ready_at_s

    def wait(self) -> None:
        """Until the engine is open, or is_over; before the first frame. Raises LivebgError if it cannot be opened."""
        while self.ready_at_s is None and not self._is_over():
            self._stages.pictures.next(LOOK_S)

    def next(self) -> Composite | None:
        """The next one; None if none came within a moment. Raises Closed after the last one, LivebgError."""
        if not self._made:
            self._loop.step()
        return self._made.popleft() if self._made else None

    def meanwhile(self, fault: str) -> Composite:
        """What viewers see while no frame comes, and why none does."""
        shown = self._stages.gate.meanwhile(self.controls.settings, time.monotonic())
        own = list[Composite]()
        CallbackSink(own.append, self._is_rgb).write(replace(shown, fault=fault))
        return own[0]

    def forget(self) -> None:
        """The next frame is the first; also the last composite is forgotten."""
        self._stages.pictures.forget()
        self._stages.gate.forget()

    def close(self) -> None:
        """May be called twice. Raises LivebgError if a thread does not end."""
        with all_ended():
            self._parts.close()


class _Given:
    """A FrameSource whose frames the caller gives."""

    def __init__(self, info: SourceInfo) -> None:
        self.info = info
        self._slot: Latest[Frame] = Latest()
        self._count = 0

    @property
    def dropped(self) -> int:
        return self._slot.dropped

    def give(self, picture: Image, media_time_s: float) -> int:
        """The frame's number."""
        frame = new_frame(picture, self._count, media_time_s, self.info)
        self._count += 1
        self._slot.put(frame)
        return frame.sequence

    def read(self, timeout_s: float) -> Frame | None:
        return next_frame(self._slot, timeout_s)

    def rest(self, is_resting: bool) -> None:
        """Nothing to release."""

    def close(self) -> None:
        self._slot.close()


class Session:
    """A virtual background for your own frames: `with livebg.Session(background="blur") as s: out = s(frame)`.

    Frames are BGR uint8 (H, W, 3), or RGB with rgb=True; the result's image has the same order. livebg remembers
    earlier frames (smoothing, who was there, the empty room), as in `livebg run`. The first frame opens the engine,
    which takes a second or more; a frame of another size opens it anew, and forgets the earlier frames.

    By default frames are live: an engine slower than `fps` looks at fewer of them. pace="every-frame" takes the time
    that the engine needs, and looks at each. Any thread may call any method; one frame at a time is under way.
    """

    def __init__(self, *, rgb: bool = False, **settings: Unpack[SettingsDict]) -> None:
        """settings: those of engine, matte, edge, picture and background by name, and pace, fps, hide. Raises
        SettingsError, BackgroundError."""
        self._open = list[Composites]()  # one at most; a list, so that the finalizer needs no reference to self
        self._finalizer = weakref.finalize(self, _close_all, self._open)
        self._lock, self._is_rgb, self._closing = threading.RLock(), rgb, threading.Event()
        self._given = _Given(SourceInfo("nothing yet", 0, 0, 0.0, is_live=True))
        self._begun_s, self._last_s = 0.0, -math.inf
        with in_keywords():
            self._settings = change(Settings(), _allowed_in_session(settings))
            _opens_transparent(self._settings)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._settings

    @property
    def engine(self) -> str:
        """Which engine runs, where, and why; '' before the first frame."""
        return self._open[0].engine if self._open else ""

    @in_keywords()
    def __call__(self, frame: NDArray[Any], time_s: float | None = None) -> Composite:
        """This frame's composite, with its alpha. The caller owns it, and keeps the frame.

        time_s: the frame's place on its own time line, s; give it for each frame or for none. Without, it is the time
        of the call, or with pace="every-frame" 1 / fps after the frame before. A time before the last one begins a
        new scene.
        Where the frame has no valid matte, `out.fault` says why, `out.alpha` is None, and `out.image` is an earlier
        composite or the standby image (`out.is_standby`). Raises SettingsError for what is no frame; LivebgError.
        """
        picture = _picture(frame, self._is_rgb)
        with self._lock:
            self._check_open()
            height, width = picture.shape[:2]
            if self._given.info != self._info(height, width):
                self._use(self._settings, height, width)
            at_s = self._time(time_s)
            if at_s < self._last_s:
                self._open[0].forget()
            self._last_s = at_s
            return self._result_of(self._given.give(picture, at_s))

    @in_keywords()
    def set(self, **settings: Unpack[SettingsDict]) -> None:
        """Changes settings from the next frame on; returns when the engine that they name is open. Raises
        SettingsError, BackgroundError, ModelError, and changes nothing then."""
        values = _allowed_in_session(settings)
        with self._lock:
            self._check_open()
            wanted = LiveSettings(self._settings).propose(**values)
            is_other = engine_of(wanted) != engine_of(self._settings)
            if (wanted.background, wanted.background_fit) != (self._settings.background, self._settings.background_fit):
                is_other |= _opens_transparent(wanted) != _opens_transparent(self._settings)
            if not self._open:
                self._settings = wanted
            elif is_other:
                self._use(wanted, self._given.info.height, self._given.info.width)
            else:
                self._settings = self._open[0].controls.propose(**values)

    @in_keywords()
    def reset(self) -> None:
        """The next frame is the first of a new scene; the engine stays open."""
        with self._lock:
            self._check_open()
            self._last_s = -math.inf
            for each in self._open:
                each.forget()

    @in_keywords()
    def close(self) -> None:
        """Ends all that runs; a frame that is under way in another thread ends with LivebgError. May be called
        twice, from any thread."""
        self._closing.set()
        with self._lock:
            self._finalizer()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise LivebgError("the session is closed; make a new one")

    def _info(self, height: int, width: int) -> SourceInfo:
        return SourceInfo("your frames", width, height, self._settings.fps, self._settings.pace != "every-frame")

    def _use(self, settings: Settings, height: int, width: int) -> None:
        """Opens all for these settings and frames of this size, then closes what was open before."""
        given = _Given(self._info(height, width))
        opened = Composites(settings, self._is_rgb, given, self._closing.is_set)
        with ExitStack() as unused:
            unused.callback(opened.close)
            opened.wait()
            self._check_open()
            unused.pop_all()
        before, self._open[:] = list(self._open), [opened]
        self._settings, self._given = settings, given
        self._begun_s, self._last_s = time.monotonic(), -math.inf
        _close_all(before)

    def _time(self, time_s: float | None) -> float:
        if time_s is not None:
            if not isinstance(time_s, int | float | np.number) or not math.isfinite(time_s):
                raise SettingsError(f"time_s: {time_s!r} is no number of seconds")
            return float(time_s)
        if self._given.info.is_live:
            return time.monotonic() - self._begun_s
        return max(self._last_s, -1 / self._settings.fps) + 1 / self._settings.fps

    def _result_of(self, sequence: int) -> Composite:
        composites, until_s = self._open[0], time.monotonic() + STUCK_S
        while True:
            try:
                made = composites.next()
            except Closed:
                self._check_open()
                raise
            self._check_open()
            if made is not None and made.frame is not None and made.frame.sequence == sequence:
                return made
            if time.monotonic() > until_s:
                return composites.meanwhile(f"the engine has not answered for {STUCK_S:g} s")


def _picture(frame: Any, is_rgb: bool) -> Image:
    """A copy in BGR, which nobody else can write to. Raises SettingsError."""
    if not isinstance(frame, np.ndarray):
        raise SettingsError(f"{PICTURE}, not {type(frame).__name__}")
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        raise SettingsError(f"{PICTURE}, not {frame.dtype} {frame.shape}")
    if is_rgb:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), np.uint8)
    return np.array(frame, order="C")


def _opens_transparent(settings: Settings) -> bool:
    """Whether the background is `none`. Raises BackgroundError where it cannot be opened."""
    with closing(open_background(settings)) as background:
        return background.is_transparent


def _allowed_in_session(values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises SettingsError for settings that a session could not follow."""
    for name in values:
        if name in OPTIONS and OPTIONS[name].group not in OF_PICTURES and name not in OF_SESSIONS:
            raise SettingsError(
                f"{option_name(name)}: a session takes your frames and gives you composites; livebg.stream reads "
                "sources, livebg.run writes to outputs"
            )
    if values.get("latency", "lowest") != "lowest":
        raise SettingsError("--latency: a session answers each frame at once; livebg.stream and livebg.run can wait")
    return plain_values(values)


def _close_all(opened: list[Composites]) -> None:
    """Also those that follow one that fails to end."""
    with ExitStack() as each_one:
        while opened:
            each_one.callback(opened.pop().close)
