"""The window: shows composites on the user's own screen and reads keys. Main thread only: window systems require it.

overlay.py handles the keys that change only the view; the others become actions: 'next-background', 'blur',
'hide-or-show', 'record-or-stop', 'preset-1' to 'preset-9', 'pause', 'marker', 'quit'. Closing the window with the mouse
is 'quit'.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2

from livebg.core.errors import SinkError
from livebg.core.opencv import LIBRARIES
from livebg.core.types import Composite, Reads
from livebg.sinks.preview.display import why_no_screen
from livebg.sinks.preview.overlay import View

TITLE = "livebg"

_LARGEST_PX = (1280, 720)
_SMALLEST_PX = 240
_KEYS_PER_WRITE = 8
_INSTEAD = "leave out --to window, or use --to FILE"


class Preview:
    """A FrameSink for one window. Raises SinkError at once where there is no screen.

    on_action: gets these actions, on the thread that calls `write`. statistics: text for the overlay of key s.
    notice: text that the window always shows, '' for nothing.
    """

    name = "window"
    is_live = True
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(
        self,
        on_action: Callable[[str], None],
        statistics: Callable[[], str],
        is_mirrored: bool = False,
        notice: Callable[[], str] = str,
    ) -> None:
        self._on_action, self._statistics, self._notice = on_action, statistics, notice
        self.view = View(is_mirrored=is_mirrored)
        self._is_open = self._is_closed = self._was_visible = False
        reason = why_no_screen() or _why_no_qt()
        if reason:
            raise SinkError(f"window: cannot be opened: {reason}; {_INSTEAD}")

    @property
    def is_closed(self) -> bool:
        """By the mouse, or by close()."""
        return self._is_closed

    def write(self, composite: Composite) -> None:
        """Shows one composite and handles the keys pressed since the last one. Never waits. Raises SinkError."""
        if self._is_closed:
            return  # after 'quit' the loop may still finish its frame
        try:
            if not self._is_open:
                self._open(*composite.image.shape[:2])
            elif self._was_closed():
                self.close()
                self._on_action("quit")
                return
            cv2.imshow(TITLE, self.view.picture(composite, self._statistics, self._notice()))
            self._answer_keys()
        except cv2.error as cause:
            raise SinkError(f"window: {cause.err or cause}; {_INSTEAD}; {LIBRARIES}") from cause

    def _open(self, height: int, width: int) -> None:
        _quieten_qt()
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        scale = min(1.0, _LARGEST_PX[0] / width, _LARGEST_PX[1] / height)
        window_px = [max(_SMALLEST_PX, round(side * scale)) for side in (width, height)]
        cv2.resizeWindow(TITLE, window_px[0], window_px[1])
        self._is_open = True

    def _was_closed(self) -> bool:
        """By the mouse. Qt raises once its last window is gone; GTK and old Cocoa builds never know (-1)."""
        try:
            visible = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE)
        except cv2.error:
            return True
        self._was_visible |= visible >= 1
        return self._was_visible and visible < 1

    def _answer_keys(self) -> None:
        for _ in range(_KEYS_PER_WRITE):
            code = cv2.pollKey()
            if code < 0:
                return
            action = self.view.press(chr(code & 0xFF))
            if action is not None:
                self._on_action(action)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_open:
            with contextlib.suppress(cv2.error):  # closed with the mouse already
                cv2.destroyWindow(TITLE)
                cv2.pollKey()  # the window goes with the next event


def _quieten_qt() -> None:
    """OpenCV's Qt has only X11 and complains about fonts missing from its wheel; it reads these when it starts."""
    if sys.platform.startswith("linux"):
        os.environ["QT_QPA_PLATFORM"] = "xcb"
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")


def _why_no_qt() -> str:
    """'', or the library that OpenCV's Qt misses on this system; Qt itself would abort the process."""
    folder = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")  # set by OpenCV's wheels on Linux
    plugin = Path(folder, "platforms", "libqxcb.so")
    if not folder or not plugin.exists():
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as cause:
        return f"OpenCV's window system cannot be loaded: {cause}"
    return ""
