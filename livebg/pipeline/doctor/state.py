"""What was seen of a system: plain frozen values, which can be written to JSON and read again. Judges nothing.

None, where a field allows it, means that nobody could tell. Names are for people, paths are the system's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from livebg.pipeline.doctor.state_systems import Linux, MacOS, Process, Windows

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera. path: on Linux. problem: why it gives no picture, and what to do; '' if nothing is known.

    is_there: its node is, unlike in a container that was not given it. may_open: this user.
    """

    name: str
    path: str = ""
    is_virtual: bool = False
    problem: str = ""
    is_there: bool = True
    may_open: bool = True
    users: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """This user. in_video_group: by the user data base; has_video_group: this session already has it."""

    name: str = ""
    is_root: bool = False
    has_sudo: bool = False
    in_video_group: bool = False
    has_video_group: bool = False
    is_on_windows: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that livebg needs. version: '' if it is absent. wanted: e.g. '>=18'."""

    name: str
    version: str = ""
    wanted: str = ""
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Gpu:
    """cards: makers of the cards on the PCI bus ('nvidia', 'amd', 'intel', 'apple'). driver: NVIDIA's version.

    driver_error: what nvidia-smi complains of. has_library, has_node: libcuda loads, /dev/nvidia0 is there.
    capabilities: of the CUDA cards, e.g. '8.9'. torch_cuda, torch_hip: what torch is built for, '' for without.
    """

    cards: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    driver: str = ""
    driver_error: str = ""
    has_library: bool = False
    has_node: bool = True
    capabilities: tuple[str, ...] = ()
    torch: str = ""
    torch_cuda: str = ""
    torch_hip: str = ""
    is_compute_device_closed: bool = False


@dataclass(frozen=True, slots=True)
class Engines:
    """selfie_problem: '' if its files are whole. weights: the repository of rmbg, or the user's own; problem: what is
    wrong with that. cached: where they lie, '' for nowhere.

    does_hub_answer: None if it was not asked.
    """

    selfie_problem: str = ""
    weights: str = "briaai/RMBG-1.4"
    licence: str = ""
    cached: str = ""
    is_hub_off: bool = False
    does_hub_answer: bool | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder that livebg writes to. use: what for. path: the folder, or the nearest one above it that exists."""

    use: str
    path: str
    free_bytes: int | None = None
    is_writable: bool = True


@dataclass(frozen=True, slots=True)
class SettingsState:
    """The user's settings file. device, engine: as it sets them."""

    path: str = ""
    is_there: bool = False
    problem: str = ""
    device: str = "auto"
    engine: str = "auto"


@dataclass(frozen=True, slots=True)
class Codec:
    """software, hardware: names of FFmpeg's encoders that work here; '' for none."""

    name: str
    software: str = ""
    hardware: str = ""


@dataclass(frozen=True, slots=True)
class PluginState:
    """What another package adds. kind: sink, background or engine. problem: why it cannot be loaded; '' if it can."""

    kind: str
    name: str
    package: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SystemState:
    """platform: Python's sys.platform. executable: the Python that runs livebg. packages: None if livebg is no package.

    cameras, codecs, microphones: None if they cannot be listed, and then problems has the reason.
    """

    platform: str
    system: str = ""
    python: str = ""
    executable: str = "python"
    livebg: str = ""
    user: User = User()
    cameras: tuple[Camera, ...] | None = ()
    microphones: tuple[str, ...] | None = ()
    codecs: tuple[Codec, ...] | None = ()
    packages: tuple[Package, ...] | None = ()
    problems: tuple[tuple[str, str], ...] = ()
    screen_problem: str = ""
    gpu: Gpu = Gpu()
    engines: Engines = Engines()
    disks: tuple[Disk, ...] = ()
    plugins: tuple[PluginState, ...] = ()
    settings: SettingsState = SettingsState()
    linux: Linux | None = None
    windows: Windows | None = None
    macos: MacOS | None = None

    def problem(self, part: str) -> str:
        """Why this part ('opencv', 'cameras', 'microphones', 'codecs') does not work here; '' if it does."""
        return dict(self.problems).get(part, "")

    def to_json(self) -> dict[str, Any]:
        """Plain values for json.dumps."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> SystemState:
        """Of to_json()'s values after json.loads. Raises TypeError for unknown or missing ones."""
        return _read(SystemState, values)


def _read(kind: type[Value], values: Mapping[str, Any]) -> Value:
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints.get(name), value) for name, value in values.items()})


def _value(hint: Any, value: Any) -> Any:
    kinds = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) is tuple:
        return tuple(_value(kinds[0 if kinds[-1] is Ellipsis else at], each) for at, each in enumerate(value))
    if kinds and value is not None:  # VALUE | None
        return _value(kinds[0], value)
    return (
        _read(hint, value) if isinstance(hint, type) and dataclasses.is_dataclass(hint) and value is not None else value
    )
