"""Runs livebg as a whole process in that world, fault after fault, and prints what was seen as one line of JSON.

python driver.py GROUP FOLDER [SEED]: the settings file, the background and the recording lie in the folder. GROUP: of
catalogue.py, or of FUZZ, whose settings come from the seed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from livebg.core.opencv import load_opencv

load_opencv()

import av  # noqa: E402
import cv2  # noqa: E402 - only the OpenCV that livebg chose
from patience import HANGS_S  # noqa: E402

from faults import fuzz  # noqa: E402
from faults.catalogue import GROUPS, Fault, World  # noqa: E402
from faults.world import CLOCK, HEIGHT, WIDTH, Camera, Engine, Probe  # noqa: E402
from livebg import cli, models, sinks  # noqa: E402
from livebg.capture.camera import devices  # noqa: E402
from livebg.pipeline.live import supervisor  # noqa: E402

PATIENCE_S = HANGS_S
START_S = 2 * HANGS_S  # a first start compiles livebg's loops
FUZZ = {"fuzz": ("#0000ff", "#0000ff", "#00ff00", "none", "studio-warm", "CLIP", "blur"), "fuzz transparent": ("none",)}


class Lines(logging.Handler):
    """What livebg says from WARNING on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[tuple[float, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((CLOCK(), record.getMessage()))


def build(folder: Path, probe: Probe) -> World:
    """livebg's own ways to a camera, an engine and outputs lead into this world from now on."""
    world = World(Engine(), probe, folder / "settings.toml", folder / "background.mp4")
    shutil.copy(Path(__file__).resolve().parents[2] / "backgrounds" / "leaf-shadows.mp4", world.background)
    world.settings.write_text("")
    cv2.VideoCapture = Camera  # type: ignore[misc,assignment]
    devices.list_cameras = lambda: [devices.Camera(0, "Marked room")] if Camera.mode != "gone" else []
    models.open_engine = lambda _settings, _info: world.engine
    open_sinks = sinks.open_sinks
    sinks.open_sinks = lambda *arguments, **named: [*open_sinks(*arguments, **named), world.probe]
    monotonic = time.monotonic
    time.monotonic = lambda: monotonic() + world.shift_s
    supervisor.Supervisor = partial(supervisor.Supervisor, stuck_s=3.0, renew_s=3.0)  # type: ignore[misc,assignment]
    return world


def direct(world: World, faults: list[Fault], rows: list[dict[str, Any]], lines: Lines) -> None:
    """One fault after the other; then the process is asked to end."""
    try:
        assert _await(world, 0.0, START_S) is not None, "no first picture"
        for fault in faults:
            rows.append(_inject(world, fault, lines))
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def direct_fuzz(world: World, backgrounds: tuple[str, ...], seed: int, rows: list[dict[str, Any]]) -> None:
    """The settings changed at random; then the process is asked to end."""
    assert isinstance(world.probe, fuzz.Judge)
    try:
        assert _await(world, 0.0, START_S) is not None, "no first picture"
        clip = str(world.background)
        places = tuple(clip if each == "CLIP" else each for each in backgrounds)
        rows.append(fuzz.direct(world.settings, world.probe, seed, places))
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def _inject(world: World, fault: Fault, lines: Lines) -> dict[str, Any]:
    began_s, count = CLOCK(), len(world.probe.seen)
    fault.begin(world)
    threading.Event().wait(fault.lasts_s)
    fault.end(world)
    ended_s = CLOCK()
    recovered_s = _await(world, time.monotonic())
    threading.Event().wait(0.3)
    seen = world.probe.seen[count:]
    cards_s = [each.at_s for each in seen if each.is_card]
    return {
        "fault": fault.name,
        "leaked": sum(each.leaked for each in seen),
        "composites": len(seen),
        "to_card_s": round(cards_s[0] - began_s, 2) if cards_s else None,
        "to_recover_s": None if recovered_s is None else round(recovered_s - ended_s, 2),
        "longest_gap_s": round(max((b.at_s - a.at_s for a, b in pairwise(seen)), default=0.0), 2),
        "said": [text for at_s, text in lines.said if at_s >= began_s],
    }


def _await(world: World, since_s: float, patience_s: float = PATIENCE_S) -> float | None:
    """When a frame was seen that was captured after since_s, livebg's clock; None: not in time."""
    ends_s = CLOCK() + patience_s
    while CLOCK() < ends_s:
        if world.probe.shows(since_s):
            return world.probe.seen[-1].at_s
        threading.Event().wait(0.01)
    return None


def main(group: str, folder: Path, seed: int = 1) -> None:
    world, rows, lines = build(folder, fuzz.Judge() if group in FUZZ else Probe()), [], Lines()
    logging.getLogger("livebg").addHandler(lines)
    recording = folder / "out.mkv"
    argv = ["run", "--camera", "Marked", "--size", f"{WIDTH}x{HEIGHT}", "--settings", str(world.settings)]
    argv += ["--engine", "selfie", "--to", str(recording)]
    if group in ("settings", *FUZZ):  # the settings file's own
        world.settings.write_text(f"background = '{FUZZ[group][0] if group in FUZZ else world.background}'")
    else:
        argv += ["--background", str(world.background) if group == "background" else "#0000ff"]
    if group in FUZZ:
        director = threading.Thread(target=direct_fuzz, args=(world, FUZZ[group], seed, rows))
    else:
        director = threading.Thread(target=direct, args=(world, GROUPS[group], rows, lines))
    director.start()
    code = cli.main(argv)
    director.join()
    first = world.probe.seen[0]
    print(
        json.dumps(
            {
                "code": code,
                "rows": rows,
                "first_is_card": first.is_card,
                "leaked": sum(each.leaked for each in world.probe.seen),
                "composites": len(world.probe.seen),
                "recording": str(recording),
                "unseen": _unseen(recording, world.probe) if isinstance(world.probe, fuzz.Judge) else 0,
            }
        )
    )


def _unseen(recording: Path, judge: fuzz.Judge) -> int:
    """Pictures of a recording without loss that nobody looked at when they were shown; 0 of any other recording."""
    with av.open(str(recording)) as container:
        if container.streams.video[0].codec_context.name != "ffv1":
            return 0
        pictures = [frame.to_ndarray(format="bgra").tobytes() for frame in container.decode(video=0)]
    return sum(each not in judge.pictures for each in pictures)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
