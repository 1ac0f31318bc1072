"""The real window on a screen of its own (Xvfb): real keys, what the screen shows, closing with the mouse, no screen.

This same file runs as a script: the program whose window it is.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this file also runs as a script
from patience import HANGS_S, until

TOOLS = ("Xvfb", "xdotool")
SCREEN = (800, 600)
LEFT, RIGHT, ROOM = (40, 90, 200), (150, 60, 30), (7, 250, 3)  # BGR
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a screen of X11's is made for it"),
]


class Window:
    """The program, its screen, and somebody at the keyboard."""

    def __init__(self, display: str, framebuffer: Path) -> None:
        self._framebuffer = framebuffer
        self._environment = {**os.environ, "DISPLAY": display}
        self._environment.pop("QT_LOGGING_RULES", None)
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.wait_for_word("open")
        self._id = self.xdotool("search", "--sync", "--onlyvisible", "--name", "^livebg$").split()[-1]
        self.xdotool("windowmove", "--sync", self._id, "0", "0")
        self._wait_for_paint()
        self.xdotool("windowfocus", self._id)

    def _wait_for_paint(self, tries: int = 10, each_s: float = 5.0) -> None:
        """Without a window manager Qt misses its first Expose event in one start of fifteen.

        It paints nothing then until the window is mapped anew.
        """
        for _ in range(tries):
            deadline_s = time.monotonic() + each_s
            while time.monotonic() < deadline_s:
                if self.colours() != (BLACK, BLACK):
                    return
                time.sleep(0.02)
            self.xdotool("windowunmap", self._id)
            self.xdotool("windowmap", "--sync", self._id)

    def xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=HANGS_S, check=True
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        self.xdotool("key", "--clearmodifiers", *keys)

    def close_with_the_mouse(self) -> None:
        ask_to_close(self._environment["DISPLAY"], int(self._id))

    def wait_for_word(self, word: str) -> None:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], HANGS_S)[0], f"{word!r} did not come"
        assert self.process.stdout.readline().strip() == word

    def colours(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """BGR at the left and the right end of the window, as the screen has it."""
        data = self._framebuffer.read_bytes()
        header = np.frombuffer(data[:100], ">u4")
        header_size, row_bytes, colours = int(header[0]), int(header[12]), int(header[19])
        pixels = np.frombuffer(data, np.uint8, offset=header_size + colours * 12)
        picture = pixels.reshape(-1, row_bytes)[: SCREEN[1]].reshape(SCREEN[1], -1, 4)
        return tuple(picture[300, 20, :3].tolist()), tuple(picture[300, 620, :3].tolist())

    def shows(self, left: tuple[int, ...], right: tuple[int, ...]) -> None:
        until(lambda: self.colours() == (left, right), lambda: f"{self.colours()} is not {(left, right)}")


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent, at the size of any XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_char * 96),
    )


def ask_to_close(display: str, window: int) -> None:
    """What a window manager sends when its close button is clicked: WM_DELETE_WINDOW."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    protocols, delete = (x11.XInternAtom(connection, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    event = ClientMessage(33, window=window, message_type=protocols, format=32, data=(delete, 0, 0, 0, 0))
    x11.XSendEvent(connection, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
    x11.XCloseDisplay(connection)


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    from requirements import lacking

    if any(shutil.which(tool) is None for tool in TOOLS):
        lacking("window", f"needs {' and '.join(TOOLS)} (apt install xvfb xdotool)")
    folder = tmp_path_factory.mktemp("screen")
    reading, writing = os.pipe()
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    options = [
        "-screen",
        "0",
        size,
        "-fbdir",
        str(folder),
        "-nolisten",
        "tcp",
        "-noreset",
    ]  # not at its last client's end
    command = ["Xvfb", "-displayfd", str(writing), *options]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip() if select.select([answer], [], [], HANGS_S)[0] else ""
    if not number:
        server.kill()
        server.wait()
        lacking("window", "Xvfb does not start here")
    yield f":{number}", folder / "Xvfb_screen0"
    server.terminate()
    server.wait(HANGS_S)


@pytest.fixture
def window(display: tuple[str, Path]) -> Iterator[Window]:
    opened = Window(*display)
    yield opened
    opened.process.kill()
    opened.process.communicate()


def test_keys_change_the_view_and_call_actions(window: Window) -> None:
    window.shows(LEFT, RIGHT)
    for keys, left, right in (
        ("m", WHITE, BLACK),
        ("m", LEFT, RIGHT),
        ("f", RIGHT, LEFT),
        ("f", LEFT, RIGHT),
        ("c", ROOM, RIGHT),
        ("c", LEFT, RIGHT),
    ):
        window.press(keys)
        window.shows(left, right)
    for key, word in {"n": "next-background", "b": "blur", "s": "statistics asked"}.items():
        window.press(key)
        window.wait_for_word(word)
    window.press("q")
    window.wait_for_word("quit")
    assert window.process.wait(HANGS_S) == 0
    assert window.process.communicate()[1] == "", "nothing on the user's terminal"


def test_escape_quits(window: Window) -> None:
    window.press("Escape")
    window.wait_for_word("quit")
    assert window.process.wait(HANGS_S) == 0


def test_closing_with_the_mouse_quits(window: Window) -> None:
    window.close_with_the_mouse()
    window.wait_for_word("quit")
    out, error = window.process.communicate(timeout=HANGS_S)
    assert (window.process.returncode, out, error) == (0, "", "")


@pytest.mark.parametrize("screen", ["", ":4711"], ids=["no display", "display that is not there"])
def test_without_a_screen_there_is_a_sentence_and_no_abort(screen: str) -> None:
    environment = {**os.environ, "DISPLAY": screen}
    environment.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, timeout=HANGS_S)
    assert done.returncode == 6
    assert done.stderr.startswith("window: cannot be opened: ")
    assert done.stderr.count("\n") == 1


def _program() -> int:
    """Shows the same composite until an action says quit."""
    from livebg.core.errors import SinkError
    from livebg.core.types import Composite, Frame
    from livebg.sinks.preview.window import Preview

    image, room = np.empty((480, 640, 3), np.uint8), np.empty((480, 640, 3), np.uint8)
    image[:], image[:, :320], room[:] = RIGHT, LEFT, ROOM
    alpha = np.zeros((480, 640), np.float32)
    alpha[:, :320] = 1
    composite = Composite(image, Frame(room, 0, 0.0, 0.0), alpha)
    words: list[str] = []

    def act(word: str) -> None:
        words.append(word)
        print(word, flush=True)

    def statistics() -> str:
        if "statistics" not in words:
            words.append("statistics")
            print("statistics asked", flush=True)
        return "30.0 fps"

    try:
        preview = Preview(act, statistics)
    except SinkError as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    preview.write(composite)
    print("open", flush=True)
    while "quit" not in words:
        preview.write(composite)
        time.sleep(0.03)
    preview.close()
    return 0


if __name__ == "__main__":
    signal.alarm(int(HANGS_S))
    sys.exit(_program())
