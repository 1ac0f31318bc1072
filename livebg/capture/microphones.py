"""Which microphones there are, and which one `--mic` means: 'default', an index, or part of a name.

Asked through PortAudio (sounddevice), which is loaded only here and only when a microphone is asked for. Opens
nothing. Main thread.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from livebg.core.errors import SourceError

_WITHOUT_LIBRARY = {
    "linux": "sudo apt install libportaudio2 (Fedora: sudo dnf install portaudio)",
    "darwin": "pip install --force-reinstall sounddevice",
    "win32": "pip install --force-reinstall sounddevice",
}


@dataclass(frozen=True, slots=True)
class Microphone:
    """One input of the system: its index and name in PortAudio, how many channels it has, its usual rate."""

    index: int
    name: str
    channels: int
    rate_hz: int
    is_default: bool = False


def portaudio() -> Any:
    """The sounddevice module. Raises SourceError that says what to install where it, or PortAudio, is missing."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except ImportError as cause:
        raise SourceError(f"a microphone needs the package sounddevice: {cause}; pip install sounddevice") from cause
    except OSError as cause:
        remedy = _WITHOUT_LIBRARY.get(sys.platform, "install PortAudio")
        raise SourceError(f"a microphone needs the library PortAudio: {cause}; {remedy}") from cause
    return sounddevice


def list_microphones() -> list[Microphone]:
    """Every input that is there now, by index. Raises SourceError where they cannot be asked for."""
    library = portaudio()
    try:
        devices, default = library.query_devices(), library.default.device[0]
    except library.PortAudioError as cause:
        raise SourceError(f"microphones cannot be listed: {cause}; is a sound system running?") from cause
    return [
        Microphone(index, each["name"], each["max_input_channels"], round(each["default_samplerate"]), index == default)
        for index, each in enumerate(devices)
        if each["max_input_channels"] > 0
    ]


def find_microphone(wanted: str) -> Microphone:
    """The one that is meant. Raises SourceError, naming those that are there, when it means none or more than one."""
    found, wanted = list_microphones(), wanted.strip()
    if wanted == "default":
        matches = [each for each in found if each.is_default] or found[:1]
    elif wanted.isdecimal():
        matches = [each for each in found if each.index == int(wanted)]
    else:
        matches = [each for each in found if wanted.lower() in each.name.lower()]
        matches = [each for each in matches if each.name.lower() == wanted.lower()] or matches
    if len(matches) == 1:
        return matches[0]
    if not found:
        raise SourceError(f"microphone {wanted}: none was found at all; plug one in, or leave --mic out")
    names = ", ".join(f"{each.index} ({each.name})" for each in matches or found)
    if matches:
        raise SourceError(f"{wanted!r} fits {len(matches)} microphones: {names}; try --mic {matches[0].index}")
    raise SourceError(f"there is no microphone {wanted!r}; found: {names}; try --mic {found[0].index}")
