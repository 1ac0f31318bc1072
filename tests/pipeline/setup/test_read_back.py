from __future__ import annotations

import io
import itertools
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livebg.capture import open_source
from livebg.core.errors import SinkError, SourceError
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, EndOfSource
from livebg.pipeline.live import run
from livebg.pipeline.setup import read_back as read_back_module
from livebg.pipeline.setup import reader
from livebg.pipeline.setup.read_back import (
    ALIKE,
    DrawnPerson,
    Seen,
    Sent,
    Until,
    alone,
    cameras_written,
    judge,
    read_back,
)
from livebg.pipeline.setup.reader import COUNT, HEIGHT, OWN, WIDTH, load, main, open_written, read, small
from livebg.sinks.virtual_camera import devices, every
from livebg.sinks.virtual_camera.devices import VirtualDevice

SMALL = change(Settings(), {"source": "synthetic", "size": "64x36"})


def pictures(*levels: int) -> Any:
    return [np.full((HEIGHT, WIDTH, 3), each, np.uint8) for each in levels]


def saved(folder: Path, *levels: int) -> Path:
    np.save(folder / "read.npy", np.array(pictures(*levels), np.uint8).reshape(-1, HEIGHT, WIDTH, 3))
    return folder / "read.npy"


@pytest.mark.parametrize(
    ("read_levels", "is_right", "words"),
    [
        ((12, 21), True, "2 pictures read back, as they were sent"),
        ((60, 61, 20), False, "another picture came back than livebg sent (40 levels apart)"),
        ((12, 21, 200), True, "3 pictures read back, as they were sent"),  # the standby image came between
        ((10, 10), False, "stands still"),
        ((), False, "no picture came back"),
    ],
)
def test_what_came_back_is_judged(read_levels: tuple[int, ...], is_right: bool, words: str, tmp_path: Path) -> None:
    seen = judge("/dev/video9", pictures(10, 20), saved(tmp_path, *read_levels), "")
    assert seen.is_right == is_right
    assert words in seen.line()


def test_a_reader_without_pictures_says_why(tmp_path: Path) -> None:
    assert judge("it", pictures(1), tmp_path / "none", "") == Seen("it")
    assert judge("it", pictures(1), tmp_path / "none", "busy").line() == "it: no picture came back: busy"
    assert not Seen("it", 5, ALIKE, is_moving=False).is_right


def test_small_copies_are_kept_and_the_first_with_a_matte_begins() -> None:
    begun = list[int]()
    with closing(Sent(lambda: begun.append(1))) as sent:
        sent.write(Composite(np.full((72, 128, 3), 7, np.uint8)))
        assert begun == []
        for _ in range(2):
            sent.write(Composite(np.zeros((72, 128, 3), np.uint8), alpha=np.zeros((72, 128), np.float32)))
    assert begun == [1]
    assert [each.shape for each in sent.pictures] == [(HEIGHT, WIDTH, 3)] * 3
    assert sent.pictures[0].mean() == 7


def test_a_source_ends_when_it_is_over() -> None:
    over = list[int]()
    with closing(Until(open_source(SMALL), lambda: bool(over))) as source:
        assert (source.info.width, source.dropped) == (64, 0)
        source.rest(False)
        assert source.read(10.0) is not None
        over.append(1)
        with pytest.raises(EndOfSource):
            source.read(0.0)


def test_the_reader_waits_for_the_camera_and_takes_pictures_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "AGAIN_S", 0.01)
    monkeypatch.setattr(reader, "APART_S", 0.05)
    tries = list[str]()

    def opened(settings: Settings) -> Any:
        tries.append(settings.camera)
        if len(tries) < 3:
            raise SourceError("not yet")
        return open_source(SMALL)

    found = read("/dev/video9", opened)
    assert found.shape == (COUNT, HEIGHT, WIDTH, 3)
    assert tries == ["/dev/video9"] * 3
    assert small(np.zeros((720, 1280, 3), np.uint8)).shape == (HEIGHT, WIDTH, 3)


def test_a_camera_that_never_comes_ends_the_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reader, "OPENING_S", 0.0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert main(str(tmp_path / "video9"), str(tmp_path / "read.npy")) == 3
    assert "video9" in capsys.readouterr().err
    assert not (tmp_path / "read.npy").exists()


def test_the_reader_opens_nothing_where_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader, "OPENING_S", 0.0)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    load(str(tmp_path / "video9"))
    assert main(str(tmp_path / "video9"), str(tmp_path / "read.npy")) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_ends_before_the_first_picture_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its libraries may not load."""
    monkeypatch.setattr(read_back_module, "own_module", lambda *_: [sys.executable, "-c", "raise SystemExit('no cv2')"])
    monkeypatch.setattr(run, "run", lambda _settings, _sinks, source: until_its_end(source))
    assert read_back(SMALL, ["/dev/video9"]) == [Seen("/dev/video9", problem="no cv2")]


def until_its_end(source: Until) -> None:
    while True:
        try:
            source.read(0.1)
        except EndOfSource:
            return source.close()


def test_the_person_is_drawn_small_at_any_size() -> None:
    with closing(DrawnPerson(1280, 720, 30.0)) as clip:
        first, *_, last = (each.render() for each in itertools.islice(clip.pictures(), 4))
    assert first.shape == (720, 1280, 3)
    assert 0 < np.abs(small(first).astype(int) - small(last)).mean() < ALIKE
    assert np.all(first[10, 10] == first[10, -10])  # a plain wall beside the person
    with closing(DrawnPerson(64, 36, 30.0)) as clip:
        assert next(clip.pictures()).render().shape == (36, 64, 3)


@pytest.mark.slow
def test_a_whole_test_says_when_nobody_can_read(tmp_path: Path) -> None:
    """It writes a file in place of a camera; the reader, a process, finds no camera of that name."""
    missing = str(tmp_path / "video9")
    wanted = change(SMALL, {"to": (str(tmp_path / "sent.mp4"),)})
    (seen,) = read_back(wanted, [missing])
    assert not seen.is_right
    assert missing in seen.problem
    assert (tmp_path / "sent.mp4").stat().st_size > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is OBS' alone")
@pytest.mark.parametrize(
    ("to", "loopbacks", "no_pipewire", "expected"),
    [
        ((), 1, "", ["/dev/video20", OWN]),
        ((), 1, "no daemon", ["/dev/video20"]),
        (("window",), 0, "", [OWN]),
        (("virtual-camera:pipewire",), 1, "", [OWN]),
        (("virtual-camera:/dev/video20",), 1, "", ["/dev/video20"]),
        ((), 0, "no daemon", None),
    ],
)
def test_each_camera_that_livebg_writes_to_is_read(
    to: tuple[str, ...],
    loopbacks: int,
    no_pipewire: str,
    expected: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "list_virtual_cameras", lambda: [VirtualDevice("/dev/video20", "livebg")] * loopbacks)
    monkeypatch.setattr(every, "why_no_pipewire", lambda: no_pipewire)
    settings = change(SMALL, {"to": to})
    if expected is None:
        with pytest.raises(SinkError, match="this machine has none"):
            cameras_written(settings)
    else:
        assert cameras_written(settings) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PipeWire is Linux'")
def test_livebgs_own_camera_in_pipewire_needs_its_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("PIPEWIRE_REMOTE", raising=False)
    monkeypatch.delenv("PIPEWIRE_RUNTIME_DIR", raising=False)
    with pytest.raises(SourceError, match="PipeWire: "):
        open_written(change(Settings(), {"camera": OWN}))
    with closing(open_written(SMALL)) as source:
        assert source.info.name == "synthetic"


def test_ctrl_c_during_the_test_ends_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live loop ends well then, as it does for whoever runs livebg."""
    monkeypatch.setattr(run, "run", lambda _settings, _sinks, source: source.close())
    with pytest.raises(KeyboardInterrupt):
        read_back(SMALL, ["/dev/video9"])


def test_a_run_of_its_own_records_nothing() -> None:
    settings = alone(change(Settings(), {"matte_to": "a.mp4", "hide": True, "seconds": 3, "background": "blur"}))
    assert (settings.matte_to, settings.hide, settings.seconds, settings.background) == ("", False, 0, "blur")
