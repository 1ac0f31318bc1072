"""Which microphone is meant, and what is said where there is none or no library."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest
from sound import FakeSounds

from livebg.capture.microphone import find_microphone, list_microphones
from livebg.core.errors import SourceError


@pytest.mark.usefixtures("sounds")
def test_only_inputs_are_listed() -> None:
    assert [(each.index, each.name, each.is_default) for each in list_microphones()] == [
        (1, "Desk Mic", True),
        (2, "Webcam Pro: Audio", False),
    ]


@pytest.mark.usefixtures("sounds")
@pytest.mark.parametrize(("wanted", "index"), [("default", 1), ("2", 2), ("desk", 1), ("Webcam Pro: Audio", 2)])
def test_by_default_index_or_part_of_the_name(wanted: str, index: int) -> None:
    assert find_microphone(wanted).index == index


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("0", r"no microphone '0'; found: 1 \(Desk Mic\), 2 .*try --mic 1"),
        ("telephone", "no microphone 'telephone'; found"),
        ("mic", "'mic' fits 2 microphones.*try --mic 1"),
    ],
)
def test_none_or_too_many(sounds: FakeSounds, wanted: str, message: str) -> None:
    sounds.inputs = [("Desk Mic", 1), ("Webcam microphone", 2)]
    with pytest.raises(SourceError, match=message):
        find_microphone(wanted)


def test_a_machine_without_any(sounds: FakeSounds) -> None:
    sounds.inputs = []
    assert list_microphones() == []
    with pytest.raises(SourceError, match="none was found at all"):
        find_microphone("default")


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (ImportError("No module named 'sounddevice'"), "pip install sounddevice"),
        (OSError("PortAudio library not found"), "PortAudio library not found.*install"),
    ],
)
def test_without_the_library_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, message: str
) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "sounddevice":
            raise failure
        return original(name, *rest)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SourceError, match=message) as told:
        list_microphones()
    assert ("libportaudio2" in str(told.value)) is isinstance(failure, OSError)
