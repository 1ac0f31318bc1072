"""A livebg in this process that `livebg ctl` can reach: its actions, without its loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.pipeline.live.actions import Actions, Status
from livebg.pipeline.live.remote import Remote
from livebg.pipeline.live.status import described
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


@contextmanager
def steered() -> Iterator[LiveSettings]:
    """In XDG_RUNTIME_DIR. The settings that it has."""
    controls = LiveSettings(Settings())
    remote = Remote({"/status": lambda: asdict(STATUS), "/settings": lambda: described(controls.settings)})
    actions = Actions(controls, threading.Event(), RecordingSession(), lambda: STATUS)
    with serving(remote, actions.command), remote.open():
        yield controls
