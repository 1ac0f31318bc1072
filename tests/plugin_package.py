"""A tiny installed distribution that adds sinks, backgrounds and engines, good ones and bad ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from livebg.core import plugins

MODULE = '''
import json
from pathlib import Path
import numpy as np
from livebg import Alpha, Composite, Frame, Settings, SourceInfo

class Sink:
    """Writes one line of JSON for each composite."""
    name, is_live, is_watched, reads = "notebook", False, True, "image and alpha"
    def __init__(self, rest, settings):
        assert isinstance(settings, Settings)
        self.file = Path(rest or "notes.txt").open("w")
    def write(self, composite):
        image, alpha, frame = composite.image, composite.alpha, composite.frame
        self.file.write(json.dumps({
            "corner": image[0, 0].tolist(), "of frame": None if frame is None else frame.image[0, 0].tolist(),
            "alpha": None if alpha is None else float(alpha.mean()), "standby": composite.is_standby,
            "fault": composite.fault}) + "\\n")
    def close(self):
        self.file.close()

class Background:
    """Plain, as bright as REST says."""
    is_transparent = needs_matte = False
    def __init__(self, rest, settings):
        self.level = int(rest or 100)
    def picture(self, frame, alpha):
        assert not frame.image.flags.writeable and not alpha.flags.writeable
        return self.standby(frame.height, frame.width)
    def standby(self, height, width):
        return np.full((height, width, 3), self.level, np.uint8)
    def close(self):
        pass

class Mirror(Background):
    """Gives the room."""
    def picture(self, frame, alpha):
        return frame.image

class Small(Background):
    def picture(self, frame, alpha):
        return np.zeros((1, 1, 3), np.uint8)

class NoStandby(Background):
    def standby(self, height, width):
        return None

class Engine:
    """The upper half is the person."""
    description = "upper half"
    def __init__(self, settings, info):
        assert isinstance(info, SourceInfo)
    def matte(self, frame):
        assert not frame.image.flags.writeable
        values = np.zeros((8, 8), np.float32)
        values[:4] = 1
        return Alpha(values, frame.sequence)
    def reset(self):
        pass
    def close(self):
        pass

class Raising(Engine):
    def matte(self, frame):
        raise ZeroDivisionError("by itself")

class Bare(Engine):
    def matte(self, frame):
        return np.ones((8, 8), np.float32)

class Doubles(Engine):
    def matte(self, frame):
        return Alpha(np.ones((8, 8)), frame.sequence)

class Stale(Engine):
    def matte(self, frame):
        return Alpha(np.zeros((8, 8), np.float32), frame.sequence - 1)

class Breathing(Engine):
    """Each answer has another size."""
    def matte(self, frame):
        values = np.zeros((6 + 2 * (frame.sequence % 3), 8 + frame.sequence % 2), np.float32)
        values[: len(values) // 2] = 1
        return Alpha(values, frame.sequence)

class Full(Sink):
    def write(self, composite):
        raise OSError("no room left")

class Illegible(Sink):
    reads = "tea leaves"

def leave(*_):
    raise SystemExit(3)
'''
ENTRIES = {
    "livebg.sinks": {"notebook": "Sink", "full": "Full", "illegible": "Illegible", "window": "Sink"},
    "livebg.backgrounds": {"plain": "Background", "mirror": "Mirror", "small": "Small", "dark": "NoStandby"},
    "livebg.engines": {
        **{"half": "Engine", "raising": "Raising", "bare": "Bare", "doubles": "Doubles", "stale": "Stale"},
        **{"absent": "Nowhere", "leaving": "leave", "breathing": "Breathing"},
    },
}


def make_package(
    folder: Path, module: str = MODULE, entries: Mapping[str, Mapping[str, str]] = ENTRIES, name: str = "livebg_extra"
) -> None:
    """To be put on a path of modules. entries: as pyproject.toml has them, or a class's name alone."""
    about = folder / f"{name}-1.2.dist-info"
    about.mkdir(parents=True)
    (folder / f"{name}.py").write_text(module)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.2\n")
    lines = []
    for group, each in entries.items():
        lines += [f"[{group}]", *(f"{one} = {what if ':' in what else f'{name}:{what}'}" for one, what in each.items())]
    (about / "entry_points.txt").write_text("\n".join(lines))


@contextmanager
def installed(
    folder: Path, module: str = MODULE, entries: Mapping[str, Mapping[str, str]] = ENTRIES, name: str = "livebg_extra"
) -> Iterator[None]:
    """In this process."""
    make_package(folder, module, entries, name)
    sys.path.insert(0, str(folder))
    plugins.plugins.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)
        plugins.plugins.cache_clear()
