"""The PipeWire camera with real readers: a plain one, Chromium and Firefox, in a private session.

One session; inside, this same file runs as a script and prints what the readers saw as JSON. Its writer hands numbered
pictures with the time in them to livebg's sink; a real `livebg run` follows it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S, SLACK, until
from pipewire_lab import lab, run_inside
from requirements import lacking

pytestmark = [pytest.mark.browser, pytest.mark.process]
CARD, GREEN = (30, 160, 60), (0, 255, 0)  # RGB: the writer's standby card; the background of `livebg run`
RED_PATCH = "0.125,0.9"  # of the writer's picture
PLAIN = 60  # levels: GStreamer takes pictures of this size for BT.709, browsers for BT.601, as they are
BROWSERS = {"chromium": ("chromium",), "firefox": ("firefox-esr", "firefox")}
STEP_S = HANGS_S / 3  # for one line, so that the test says which did not come before the session is ended
WATCHED_S = 25.0  # by each browser: must hold the second one's start, the kill and the restart


@pytest.fixture(scope="module")
def seen(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    tool, folder = lab(shared), tmp_path_factory.mktemp("pipewire")
    if not all(any(map(shutil.which, names)) for names in BROWSERS.values()):
        lacking("browser", "needs Debian's chromium and firefox-esr")
    for _ in range(2):  # a browser's page may crash by itself; a camera that makes it crash does so again
        found: dict[str, Any] = json.loads(
            run_inside(tool, sys.executable, __file__, str(tool.parent), "read", folder=folder)
        )
        print(json.dumps(found))
        if all("timeline" in page for page in found["pages"].values()):
            break
    return found


def is_near(pixel: list[int], colour: tuple[int, int, int], levels: int = 8) -> bool:
    return max(abs(one - other) for one, other in zip(pixel, colour, strict=True)) <= levels


def test_a_plain_reader_gets_every_frame_in_time(seen: dict[str, Any]) -> None:
    plain = seen["plain"]
    assert (plain["error"], plain["sizes"], plain["formats"]) == (None, ["1280x720"], ["I420"])
    assert plain["numbers"]["distinct"] > 10
    assert plain["numbers"]["backwards"] == plain["numbers"]["repeated"] == 0
    assert plain["age_ms"]["median"] < 15 * SLACK
    assert is_near(plain["points"][RED_PATCH], (255, 0, 0), PLAIN)


@pytest.mark.parametrize("browser", BROWSERS)
def test_browsers_show_it_by_its_name(seen: dict[str, Any], browser: str) -> None:
    page = seen["pages"][browser]
    assert page.get("error") is None, page
    assert (page["label"], page["size"]) == ("livebg", "1280x720")
    assert page["pattern"]["distinct"] > 10
    first = page["samples"][0]["points"][RED_PATCH]
    assert is_near(first, (255, 0, 0)) or first == [0, 0, 0], "a page's very first picture may be black"
    assert any(is_near(each["points"][RED_PATCH], (255, 0, 0)) for each in page["samples"])


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browsers_track_survives_kill_and_restart(seen: dict[str, Any], browser: str) -> None:
    page = seen["pages"][browser]
    assert page.get("error") is None, page
    assert {each["state"] for each in page["timeline"]} == {"live"}
    assert not [each for each in page["events"] if each["event"] in ("ended", "mute")]
    samples = [each["points"][RED_PATCH] for each in page["samples"]]
    carded = [number for number, each in enumerate(samples) if is_near(each, CARD)]
    assert carded, "the card while no livebg was there"
    assert is_near(samples[-1], (255, 0, 0)), "and then the next one's pictures"


def test_readers_beside_each_other_are_all_served_and_named(seen: dict[str, Any]) -> None:
    assert seen["beside"]["numbers"]["distinct"] > 5
    assert seen["beside"]["numbers"]["backwards"] == 0
    assert any("chromium" in each and "firefox" in each for each in seen["told"]), seen["told"]


def test_without_livebg_a_reader_gets_the_card(seen: dict[str, Any]) -> None:
    assert seen["between"]["frames"] > 0
    assert is_near(seen["between"]["points"]["0.5,0.5"], CARD, PLAIN)


def test_pipewire_restarted_under_it(seen: dict[str, Any]) -> None:
    told = "\n".join(seen["told_again"])
    for part in ("PipeWire has gone", "WirePlumber does not run", "is back"):
        assert part in told
    assert seen["after_restart"]["numbers"]["distinct"] > 5


def test_the_whole_livebg(seen: dict[str, Any]) -> None:
    assert is_near(seen["livebg"]["points"]["0.05,0.05"], GREEN, PLAIN)
    assert "outputs: virtual camera livebg (PipeWire)" in seen["livebg_log"]
    assert "read by" in seen["livebg_log"]


def test_a_pipewire_camera_is_read_rests_and_is_found_again(seen: dict[str, Any]) -> None:
    order = [
        "Front camera (PipeWire): 640x360 NV12",
        "nobody watches: the camera is off",
        "somebody watches: the camera is on",
        "Front camera (PipeWire) is back",
        "nobody watches: the camera is off",
    ]
    log, at = seen["livebg_log"], 0
    for each in order:
        assert each in log[at:], (each, log)
        at = log.index(each, at) + 1


def test_the_holder_ends_when_nobody_needs_it(seen: dict[str, Any]) -> None:
    assert seen["has_ended"]
    assert seen["holder_log"] == ""


class Session:
    """Inside. tools: the test material's folder."""

    def __init__(self, tools: Path) -> None:
        self._tools = tools
        self.env = {**os.environ, "PYTHONPATH": os.environ["LIVEBG_PATH"]}

    def read(self, seconds: float, *points: str) -> Any:
        command = [str(self._tools / "read.py"), "--seconds", str(seconds), "--points", *(points or ("0.5,0.5",))]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=HANGS_S).stdout)

    def read_until(self, is_enough: Callable[[Any], bool], *points: str) -> Any:
        found: list[Any] = []

        def is_there() -> bool:
            found[:] = [self.read(1.0, *points)]
            return is_enough(found[0])

        until(is_there, lambda: f"such a picture: {found}")
        return found[0]

    @contextmanager
    def webcam(self) -> Iterator[Lines]:
        """Another program's camera in PipeWire."""
        command = [str(self._tools / "publish_ctypes.py"), "--name", "Front camera", "--node", "front"]
        command += ["--format", "NV12", "--size", "640x360"]
        with running(command, dict(os.environ), subprocess.STDOUT) as lines:
            lines.until("paused")  # not "state paused": its two threads' words may come mixed
            yield lines

    @contextmanager
    def writer(self) -> Iterator[Lines]:
        command = [sys.executable, __file__, str(self._tools), "write"]
        with running(command, self.env, subprocess.STDOUT) as lines:
            lines.until("handed over")
            yield lines

    @contextmanager
    def reader(self) -> Iterator[None]:
        """Reads until its context ends."""
        command = [str(self._tools / "read.py"), "--seconds", str(HANGS_S)]
        with running(command, dict(os.environ), subprocess.STDOUT):
            yield

    def daemon(self, name: str) -> subprocess.Popen[bytes]:
        """As pw-lab starts it."""
        home = Path(os.environ["PW_LAB"], "home")
        folders = {f"XDG_{each}_HOME": str(home / each.lower()) for each in ("CONFIG", "DATA", "STATE", "CACHE")}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([name], env={**os.environ, "HOME": str(home), **folders}, **quiet)  # type: ignore[call-overload,no-any-return]

    def end_daemon(self, name: str) -> None:
        """The session's own, of this name, by its id."""
        own = f"XDG_RUNTIME_DIR={os.environ['XDG_RUNTIME_DIR']}".encode()
        for each in filter(str.isdecimal, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                place = Path("/proc", each)
                is_it = (place / "comm").read_text().strip() == name
                if is_it and own in (place / "environ").read_bytes().split(b"\0"):
                    os.kill(int(each), signal.SIGTERM)


class Lines:
    """What a process says, as it comes."""

    def __init__(self, process: subprocess.Popen[str], stream: Any) -> None:
        self.process, self.lines = process, list[str]()
        self._new: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line)
        self._new.put(None)

    def until(self, *parts: str) -> None:
        """The next line that has one of these in it."""
        print("waits for", *parts, file=sys.stderr, flush=True)
        try:
            while (line := self._new.get(timeout=STEP_S)) is not None:
                if any(each in line for each in parts):
                    return
        except queue.Empty:
            raise AssertionError(f"not in {STEP_S:g} s: {parts}; only {self.lines}") from None
        raise AssertionError(f"ended without {parts}: {self.lines}")


@contextmanager
def running(command: list[str], env: dict[str, str], stderr: int) -> Iterator[Lines]:
    """Its lines: of stderr, or of both where stderr goes to stdout."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        yield Lines(process, process.stderr or process.stdout)
    finally:
        process.kill()
        process.wait()


def inside(tools: Path) -> dict[str, Any]:
    session, found = Session(tools), dict[str, Any]()
    watch = [str(tools / "pw-watch"), "--pattern", "--points", RED_PATCH, "--seconds", str(WATCHED_S)]
    watch += ["--timeout", str(HANGS_S / 2)]
    with ExitStack() as parts:
        with session.writer() as writer:
            found["plain"] = session.read(1.0, RED_PATCH)
            pages = []
            for browser in ("firefox", "chromium"):  # the slower one to start first, so that both watch for long
                one = running([*watch, "--browser", browser], dict(os.environ), subprocess.PIPE)
                pages.append(parts.enter_context(one))
                pages[-1].until("first frame")
            found["beside"] = session.read(1.0)
            found["told"] = writer.lines
        found["between"] = session.read(1.0)  # leaving the context has killed the writer
        with session.writer() as writer:
            found["pages"] = {}
            for page in pages:
                assert page.process.stdout is not None
                found["pages"] |= json.loads(page.process.stdout.read())
            found["after_restart"] = restarted(session, writer, parts)
            found["told_again"] = writer.lines
    found.update(whole(session))
    return found


def restarted(session: Session, writer: Lines, parts: ExitStack) -> Any:
    """The daemon ends and comes back; WirePlumber, which ends with it, comes back later."""
    session.end_daemon("pipewire")
    writer.until("PipeWire has gone")
    session.end_daemon("wireplumber")
    parts.callback(session.daemon("pipewire").kill)
    writer.until("WirePlumber does not run")
    parts.callback(session.daemon("wireplumber").kill)
    writer.until("is back")
    parts.pop_all()  # pw-lab ends both
    return session.read_until(lambda seen: "numbers" in seen and seen["numbers"]["distinct"] > 5)


def whole(session: Session) -> dict[str, Any]:
    """A real livebg, from a PipeWire camera that goes and comes back, and the end of the holder."""
    command = [sys.executable, "-m", "livebg", "run", "--camera", "pipewire:front", "--to", "virtual-camera:pipewire"]
    command += ["--engine", "selfie", "--background", "#00ff00"]
    with ExitStack() as parts, session.webcam() as webcam, running(command, session.env, subprocess.PIPE) as livebg:
        livebg.until("the camera is off")
        is_green = "0.05,0.05"
        seen = session.read_until(lambda seen: is_near(seen["points"].get(is_green, CARD), GREEN, PLAIN), is_green)
        with session.reader():
            livebg.until("the camera is on")
            webcam.process.kill()
            livebg.until("was lost", "is missing")  # missing: it had not been opened yet
            parts.enter_context(session.webcam())
            livebg.until("is back")
        livebg.until("the camera is off")
        livebg.process.send_signal(signal.SIGINT)
        livebg.process.wait(HANGS_S)
    folder = Path(os.environ["XDG_RUNTIME_DIR"], "livebg")
    until(lambda: not (folder / "camera.socket").exists(), "the holder's end")
    log = "\n".join(livebg.lines)
    return {"livebg": seen, "livebg_log": log, "has_ended": True, "holder_log": (folder / "camera.log").read_text()}


def write(tools: Path) -> None:
    """The writer: numbered pictures at 30 fps, until it is killed."""
    import logging

    sys.path.insert(0, str(tools))
    import numpy as np
    from pattern import Picture  # type: ignore[import-not-found]

    from livebg.core.types import Composite
    from livebg.sinks.virtual_camera.pipewire import PipeWireCamera

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    card = np.full((720, 1280, 3), CARD[::-1], np.uint8)
    camera, picture = PipeWireCamera(lambda: card), Picture(1280, 720, "I420")
    number, due_s = 0, time.monotonic()
    while True:
        frame = np.frombuffer(picture.frame(number), np.uint8).reshape(1080, 1280)
        camera.write(Composite(frame))
        if number == 0:
            print("handed over", flush=True)
        _ = camera.is_watched
        number, due_s = number + 1, max(due_s + 1 / 30, time.monotonic())
        time.sleep(max(0.0, due_s - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[2] == "write":
        write(Path(sys.argv[1]))
    else:
        print(json.dumps(inside(Path(sys.argv[1]))))
