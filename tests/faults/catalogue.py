"""The faults, by the part of the world that fails. Each begins, lasts, and ends; then the picture has to come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faults.world import Camera, Engine, Probe
from livebg.core.errors import ModelError
from livebg.core.types import Alpha


@dataclass
class World:
    """What a fault may break. settings: the file that livebg follows; background: the clip behind the person."""

    engine: Engine
    probe: Probe
    settings: Path
    background: Path
    shift_s: float = 0.0  # added to the monotonic clock


def nothing(_: World) -> None:
    """Where the world recovers by itself, or has no fault to end."""


@dataclass(frozen=True)
class Fault:
    """is_hidden: the picture has to go away while it lasts; else it may stay, as long as nothing leaks."""

    name: str
    begin: Callable[[World], None]
    end: Callable[[World], None] = nothing
    lasts_s: float = 1.5
    is_hidden: bool = False


def _answers(fault: Callable[[Alpha], Alpha]) -> Callable[[World], None]:
    def begin(world: World) -> None:
        world.engine.fault = fault

    return begin


def _healthy(world: World) -> None:
    world.engine.fault = None


def _values(make: Callable[[np.ndarray], np.ndarray]) -> Callable[[World], None]:
    return _answers(lambda alpha: replace(alpha, values=make(alpha.values)))


def _raise(failure: Exception) -> Callable[[World], None]:
    def fault(_: Alpha) -> Alpha:
        raise failure

    return _answers(fault)


def _raise_once(world: World) -> None:
    def fault(_: Alpha) -> Alpha:
        world.engine.fault = None
        raise ModelError("once")

    world.engine.fault = fault


def _slow_once(seconds: float) -> Callable[[World], None]:
    def begin(world: World) -> None:
        def fault(alpha: Alpha) -> Alpha:
            world.engine.fault = None
            threading.Event().wait(seconds)
            return alpha

        world.engine.fault = fault

    return begin


def _of_before(alpha: Alpha) -> Alpha:
    return replace(alpha, sequence=alpha.sequence - 1)


def _holed(values: np.ndarray) -> np.ndarray:
    """All foreground but for a corner."""
    nearly = np.full_like(values, 1)
    nearly[:2, :40] = 0
    return nearly


ENGINE = [
    Fault("engine raises once", _raise_once, lasts_s=0.5),
    Fault("engine raises repeatedly", _raise(ModelError("broken")), _healthy, is_hidden=True),
    Fault("engine runs out of memory", _raise(MemoryError("no memory left")), _healthy, is_hidden=True),
    Fault("engine raises what nobody expects", _raise(RuntimeError("driver\nlost")), _healthy, is_hidden=True),
    Fault("engine answers NaN", _values(lambda each: each * np.float32(np.nan)), _healthy, is_hidden=True),
    Fault("engine answers zeros", _values(np.zeros_like), _healthy),
    Fault("engine answers ones", _values(np.ones_like), _healthy, is_hidden=True),
    Fault("engine answers nearly ones", _values(_holed), _healthy, is_hidden=True),
    Fault("engine answers another shape", _values(lambda each: each[None]), _healthy, is_hidden=True),
    Fault("engine answers the frame before", _answers(_of_before), _healthy, is_hidden=True),
    Fault("engine answers late", _slow_once(2.4), lasts_s=2.6, is_hidden=True),
    Fault("engine hangs", _slow_once(30.0), lasts_s=4.0, is_hidden=True),
    Fault("engine answers 0.5 everywhere", _values(lambda each: np.full_like(each, 0.5)), _healthy, is_hidden=True),
]


def _camera(mode: str, size: tuple[int, int] | None = None) -> Callable[[World], None]:
    def change(_: World) -> None:
        Camera.mode, Camera.size = mode, size or Camera.size

    return change


WORKS = _camera("ok")
CAMERA = [
    Fault("camera unplugged and back", _camera("gone"), WORKS, 2.5, is_hidden=True),
    Fault("camera back with another size", _camera("gone"), _camera("ok", (400, 300)), 2.5, is_hidden=True),
    Fault("camera black", _camera("black"), WORKS),
    Fault("camera frozen", _camera("frozen"), WORKS, 8.0),
    Fault("camera silent", _camera("silent"), WORKS, 3.0, is_hidden=True),
    Fault("camera's driver raises", _camera("raising"), WORKS, 2.5, is_hidden=True),
    Fault("camera delivers garbage", _camera("garbage"), WORKS, 2.5, is_hidden=True),
    Fault("camera slow", _camera("slow"), WORKS, 3.0),
]


def _save(text: str) -> Callable[[World], None]:
    def save(world: World) -> None:
        world.settings.write_text(text)

    return save


def _save_often(world: World) -> None:
    """Twenty times a second, something else each time: some of it meets a frame in the making."""
    for number in range(40):
        people, edges = (("all", "guided"), ("one", "plain"))[number % 2]
        text = f"smoothing = {number % 10 / 10}\nfeather = {number % 7}\nbackground = '#0000{number:02x}'\n"
        world.settings.write_text(text + f"people = '{people}'\nedges = '{edges}'\n")
        os.kill(os.getpid(), signal.SIGHUP)
        threading.Event().wait(0.05)


def _remove_background(world: World) -> None:
    world.background.unlink()


def _spoil_background(world: World) -> None:
    """In place, as another program would that writes to the same file."""
    with world.background.open("r+b") as stream:
        size = world.background.stat().st_size
        stream.write(np.random.default_rng(0).bytes(size // 2))
        stream.truncate(size // 2)


def _output(fails: bool) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.probe.fails = fails

    return change


def _stop_and_continue(_: World) -> None:
    """The whole process stands still, as in suspend; somebody outside wakes it."""
    code = f"import os, signal, time; time.sleep(2.5); os.kill({os.getpid()}, signal.SIGCONT)"
    subprocess.Popen([sys.executable, "-c", code])
    os.kill(os.getpid(), signal.SIGSTOP)


def _jump(world: World) -> None:
    world.shift_s += 3600


SETTINGS = [
    Fault("settings changed in mid-frame", _save_often, lasts_s=0.1),
    Fault("settings file saved with rubbish", _save("smoothing = \x00 7\nbackground = 9"), _save("smoothing = 0.9")),
    Fault("settings name no background", _save("background = 'no-such-thing'"), _save("")),
    Fault("background's file deleted", _remove_background),
    Fault("SIGHUP", lambda _: os.kill(os.getpid(), signal.SIGHUP), lasts_s=0.5),
    Fault("SIGSTOP and SIGCONT", _stop_and_continue, lasts_s=0.5),
    Fault("the clock jumps an hour", _jump, lasts_s=0.5),
]
BACKGROUND = [Fault("background's file replaced by rubbish", _spoil_background, lasts_s=3.0)]
GROUPS = {"engine": ENGINE, "camera": CAMERA, "settings": SETTINGS, "background": BACKGROUND}
