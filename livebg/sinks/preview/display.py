"""Whether this session has a screen for a window. Asks without Qt, which aborts the process where there is none.

Any thread.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys

from livebg.core.opencv import has_windows

_REMOTE_TIMEOUT_S = 2.0


def has_screen() -> bool:
    """True where livebg can open a window."""
    return not why_no_screen()


def why_no_screen() -> str:
    """'' where livebg can open a window, else the reason, as the end of a sentence."""
    if sys.platform in ("win32", "darwin"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        if os.environ.get("WAYLAND_DISPLAY"):
            return (
                "this Wayland session offers no X11 (DISPLAY is not set), which OpenCV's window needs: enable Xwayland"
            )
        return "this session has no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if not _answers_from_afar(display) or not _lets_us_in(display):
        return f"the screen {display!r} (DISPLAY) cannot be reached"
    return "" if has_windows() else "opencv-python-headless has no windows; install opencv-python in its place"


def _answers_from_afar(display: str) -> bool:
    """False if another machine's screen does not answer soon; XCB itself would wait for minutes."""
    parts = re.fullmatch(r"(?:tcp/)?([^/:]+):(\d+)(?:\.\d+)?", display)
    if parts is None or parts[1] == "unix":
        return True
    try:
        socket.create_connection((parts[1], 6000 + int(parts[2])), _REMOTE_TIMEOUT_S).close()
    except (OSError, OverflowError):
        return False
    return True


def _lets_us_in(display: str) -> bool:
    """Connects as Qt will, with the same library and cookies; the library reports failure instead of aborting."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    try:
        return bool(xcb.xcb_connection_has_error(connection) == 0)
    finally:
        xcb.xcb_disconnect(connection)
