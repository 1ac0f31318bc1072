"""Failures speak of keyword arguments where the Python API is used."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.keywords import check_stop, in_keywords, plain_values, with_keywords
from livebg.core.settings import Settings, change

SENTENCES = {
    "--smoothing: 7 is outside 0..1": "smoothing=7 is outside 0..1",
    "--engine: 'foo' is none of auto": "engine='foo' is none of auto",
    "--level-low: 0.5 is not below --level-high (0.3)": "level_low=0.5 is not below level_high= (0.3)",
    "--mic: no output can hold sound, e.g. --to me.mp4": 'mic: no output can hold sound, e.g. to=["me.mp4"]',
    "--mic: --pace every-frame keeps no time": 'mic: pace="every-frame" keeps no time',
    "try --precision f32, or --device cpu": 'try precision="f32", or device="cpu"',
    "--model 'x y' is no repository name": 'model="x y" is no repository name',
    "--weights /a/b.pt: no such file": 'weights="/a/b.pt": no such file',
    "leave out --to window, or use --to FILE": 'leave out to=["window"], or use to=[FILE]',
    "overwrite it with --force, or choose": "overwrite it with force=True, or choose",
    "without --no-presence": "without presence=False",
    "--show-camera shows the room": "show_camera=True shows the room",
    "check the path, or use --camera": "check the path, or use camera=",
    "the best of --fps and --size": "the best of fps= and size=",
    "run livebg with --verbose; pip install --force-reinstall x": "run livebg with --verbose; pip install "
    "--force-reinstall x",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_options_become_keywords(text: str) -> None:
    assert with_keywords(text) == SENTENCES[text]
    assert with_keywords(SENTENCES[text]) == SENTENCES[text]


def test_a_failure_keeps_its_kind_and_cause() -> None:
    @in_keywords()
    def fail() -> None:
        try:
            change(Settings(), {"stride": 13})
        except SettingsError as failure:
            raise failure from ZeroDivisionError()

    with pytest.raises(SettingsError, match=r"^stride=13 is outside 1\.\.12 frames") as caught:
        fail()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError), in_keywords():
        raise ZeroDivisionError("--smoothing")


def test_paths_become_texts() -> None:
    assert plain_values({"plate": Path("a.png"), "to": (Path("b.mp4"), "window"), "fps": 5}) == {
        "plate": str(Path("a.png")),
        "to": ["b.mp4", "window"],
        "fps": 5,
    }

    assert plain_values({"fps": np.float32(5), "stride": np.int64(2)}) == {"fps": 5.0, "stride": 2}
    assert type(plain_values({"stride": np.int64(2)})["stride"]) is int

    class Bytes:
        def __fspath__(self) -> bytes:
            return b"a"

    with pytest.raises(LivebgError, match="a path of bytes"):
        plain_values({"plate": Bytes()})


def test_only_an_event_stops() -> None:
    check_stop(None)
    check_stop(threading.Event())
    with pytest.raises(SettingsError, match=r"^stop: 3 is no threading\.Event"):
        check_stop(3)
