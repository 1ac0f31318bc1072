"""A livebg in this process that `livebg ctl` can reach: its actions, without its loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.pipeline.live.actions import Actions
from livebg.pipeline.live.answers import described
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.remote import Remote, TakePicture
from livebg.pipeline.live.status import Status
from livebg.sinks.recording.session import RecordingSession

STATUS = Status("hidden", "", 30.0, 40.0, "selfie", "blur", ("window",), False, "")


@contextmanager
def serving(remote: Remote, command: Callable[[str, tuple[str, ...]], dict[str, Any]]) -> Iterator[None]:
    """A thread does what the main thread of a run does."""
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.wait(0.005):
            remote.serve(command)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


class Willing(LiveOutputs):
    """Switches all that it is asked to, and opens nothing."""

    def switch_on(self, where: str) -> Future[None]:
        del where
        return _done()

    def switch_off(self, where: str) -> Future[None]:
        del where
        return _done()

    def record(self, file: str = "") -> Future[None]:
        del file
        return _done()

    def stop_recording(self) -> Future[None]:
        return _done()


def _done() -> Future[None]:
    done = Future[None]()
    done.set_result(None)
    return done


@contextmanager
def steered(picture: TakePicture = lambda of, width, after: None) -> Iterator[LiveSettings]:  # noqa: ARG005
    """In XDG_RUNTIME_DIR. The settings that it has. picture: answers GET /preview."""
    controls = LiveSettings(Settings())
    switch = PresetSwitch(controls, Settings)

    def status() -> Status:
        return replace(STATUS, preset=switch.name, preset_waits=switch.waiting)

    remote = Remote({"/status": lambda: asdict(status()), "/settings": lambda: described(controls.settings)}, picture)
    actions = Actions(controls, threading.Event(), RecordingSession(), Willing(), status, switch)
    with serving(remote, actions.command), remote.open():
        yield controls
