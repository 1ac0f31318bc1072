from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from composites import composite

from livebg.core.errors import SinkError
from livebg.core.types import Composite, KnowsWatchers, Reads
from livebg.sinks.virtual_camera import devices, every
from livebg.sinks.virtual_camera.every import Lends, VirtualCameras, open_virtual_camera, why_no_pipewire
from livebg.sinks.virtual_camera.i420 import converted
from livebg.sinks.virtual_camera.sink import VirtualCamera

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is one virtual camera")


class Camera:
    """A FrameSink that keeps the composites; fails on request."""

    reads: Reads = "i420"
    is_live = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.composites: list[Composite] = []
        self.fails = self.is_closed = False
        self.is_watched = True

    def write(self, composite: Composite) -> None:
        if self.fails:
            raise SinkError(f"{self.name}: cannot be written")
        self.composites.append(composite)

    def close(self) -> None:
        self.is_closed = True


def test_all_get_the_one_picture() -> None:
    one, other = Camera("one"), Camera("other")
    both = VirtualCameras([one, other])
    both.write(composite())
    assert one.composites[0].image is other.composites[0].image
    assert one.composites[0].image.shape == (36, 32)
    assert both.name == "one and other"
    assert (both.reads, both.is_live) == ("i420", True)
    both.close()
    assert one.is_closed
    assert other.is_closed


def test_the_last_one_lends_its_memory_to_all() -> None:
    one, other = Camera("one"), Camera("other")
    memory = np.zeros((36, 32), np.uint8)
    other.lend = lambda height, width: memory if (height, width) == (24, 32) else None  # type: ignore[attr-defined]
    assert isinstance(other, Lends)
    both = VirtualCameras([one, other])
    both.write(composite())
    assert one.composites[0].image is other.composites[0].image is memory
    assert np.array_equal(memory, converted(composite()).image)
    shared = converted(composite())
    both.write(shared)
    assert other.composites[1].image is shared.image, "converted already, by a GPU: nothing to lend for"


def test_the_applications_that_read_one_of_them_are_known_together() -> None:
    one, other = Camera("one"), Camera("other")
    assert not isinstance(one, KnowsWatchers)
    other.watchers = ("Firefox",)  # type: ignore[attr-defined]
    assert isinstance(other, KnowsWatchers)
    assert VirtualCameras([one, other]).watchers == ("Firefox",)


def test_watched_while_any_is() -> None:
    one, other = Camera("one"), Camera("other")
    both = VirtualCameras([one, other])
    one.is_watched = False
    assert both.is_watched
    other.is_watched = False
    assert not both.is_watched


def test_one_that_fails_is_left_out_and_the_last_one_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    one, other = Camera("one"), Camera("other")
    both = VirtualCameras([one, other])
    one.fails = True
    both.write(composite())
    both.write(composite())
    assert one.is_closed
    assert len(other.composites) == 2
    assert caplog.messages == ["one: cannot be written; going on with the other virtual camera"]
    other.fails = True
    with pytest.raises(SinkError, match="other"):
        both.write(composite())
    both.close()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where v4l2loopback's devices lie."""
    monkeypatch.setattr(devices, "SYSFS", tmp_path)
    return tmp_path


def load_v4l2loopback(machine: Path) -> None:
    (machine / "video20").mkdir()
    for name, text in {"name": "livebg", "format": "", "max_openers": "10"}.items():
        (machine / "video20" / name).write_text(text)


def start_pipewire(monkeypatch: pytest.MonkeyPatch, runs: bool) -> None:
    def make(*_: object) -> Camera:
        if not runs:
            raise SinkError("virtual camera livebg (PipeWire): no daemon answers")
        return Camera("livebg (PipeWire)")

    monkeypatch.setattr(every, "_pipewire", make)


@needs_linux
@pytest.mark.parametrize(
    ("has_module", "has_pipewire", "name"),
    [
        (True, True, "virtual camera /dev/video20 (livebg) and livebg (PipeWire)"),
        (True, False, "virtual camera /dev/video20 (livebg)"),
        (False, True, "livebg (PipeWire)"),
    ],
)
def test_all_that_are_here(
    machine: Path, monkeypatch: pytest.MonkeyPatch, has_module: bool, has_pipewire: bool, name: str
) -> None:
    start_pipewire(monkeypatch, has_pipewire)
    if has_module:
        load_v4l2loopback(machine)
    opened = open_virtual_camera("", 30.0)
    assert opened.name == name
    opened.close()


@needs_linux
@pytest.mark.usefixtures("machine")
def test_neither_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    start_pipewire(monkeypatch, False)
    with pytest.raises(SinkError) as raised:
        open_virtual_camera("", 30.0)
    told = str(raised.value)
    assert told.startswith("virtual camera livebg (PipeWire): no daemon answers; or, as root, with v4l2loopback: load")
    assert "modprobe v4l2loopback" in told


@needs_linux
def test_one_can_be_chosen(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_pipewire(monkeypatch, True)
    load_v4l2loopback(machine)
    assert open_virtual_camera("pipewire", 30.0).name == "livebg (PipeWire)"
    chosen = open_virtual_camera("/dev/video20", 30.0)
    assert isinstance(chosen, VirtualCamera)
    chosen.close()
    start_pipewire(monkeypatch, False)
    with pytest.raises(SinkError, match=r"no daemon answers$"):
        open_virtual_camera("pipewire", 30.0)


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_there_is_one(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    opened = open_virtual_camera("", 30.0)
    assert isinstance(opened, VirtualCamera)
    opened.close()


@needs_linux
def test_why_there_is_no_pipewire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWIRE_REMOTE", str(tmp_path / "none"))
    assert why_no_pipewire().startswith("PipeWire: ")
    monkeypatch.setattr("livebg.media.pipewire.library.check_daemon", lambda: None)
    assert why_no_pipewire() == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_no_pipewire() == "PipeWire is Linux'"
