"""Recorders for tests: made, fed, slowed down, and seen to end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from composites import composite

from livebg.core.types import Image
from livebg.media.video import layers
from livebg.media.video.formats import recording_form
from livebg.media.video.layers import Layer
from livebg.media.video.writer import Recording
from livebg.sinks.recording.recorder import Limits, Recorder

ENDS_WITHIN_S = 3.0


def opened(path: Path, *, may_drop: bool = False, layer: Layer = layers.colour, **limits: float) -> Recorder:
    content = "matte" if layer is layers.matte else "composite"
    encoding = recording_form(content, path.suffix)
    return Recorder(path, layer, encoding, may_drop=may_drop, limits=Limits(**limits))  # type: ignore[arg-type]


def write_many(sink: Recorder, count: int) -> None:
    for sequence in range(count):
        sink.write(composite(sequence / 25))


def record_and_kill(script: str, folder: Path) -> None:
    """Runs the script, which records into the folder that it is given, says "recorded", and is killed then."""
    tests = Path(__file__).parent
    paths = [str(tests / "sinks"), str(tests), os.environ["PYTHONPATH"]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "recorded\n"
        process.kill()


def thread_names() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("livebg recording")]


def patch_add(monkeypatch: pytest.MonkeyPatch, before: Callable[[int], None]) -> None:
    """Call `before(count)` ahead of every picture that is encoded."""
    original, count = Recording.add, iter(range(10_000))

    def add(self: Recording, picture: Image, media_time_s: float) -> None:
        before(next(count))
        original(self, picture, media_time_s)

    monkeypatch.setattr(Recording, "add", add)
