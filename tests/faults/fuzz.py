"""Settings changed at random while a whole livebg process runs on the marked camera, and every pixel looked at.

What a person's edge may legitimately show of the room (grow, feather, the soft edge itself) is known from the settings
that were just saved; farther from the person than that, nothing of the room may be seen, in colour or in alpha. All
goes by pictures seen, not by time.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import deque
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faults.world import CLOCK, FIGURE, MARKER, NEAR, WIDTH, Probe, Seen
from livebg.core.errors import LivebgError
from livebg.core.settings import OPTIONS, TYPES, Settings, change
from livebg.core.settings_file import read_toml
from livebg.core.types import LOWEST_ALPHA, Composite, Image
from livebg.media.video.layers import colour_and_alpha
from livebg.pipeline.live.worker import ENGINE

CHANGES = 200
PICTURES = 2  # looked at after each change
PATIENCE_S = 30.0  # for them: only a livebg that hangs takes longer
EDGE_PX = 24  # how far the soft edge itself reaches, at the camera's size
FIGURE_PX = 0.32 * WIDTH  # where it is widest
# Not `hide`: it shows one card, and no new picture would come; tests/scene/test_output_gate.py has it.
NAMES = [name for name, spec in OPTIONS.items() if spec.is_live and name not in (*ENGINE, "hide")]
EXTREMES = ("grow", "feather", "level_low", "level_high", "gamma", "foreground", "background", "auto_frame")
RUBBISH = (
    "grow = ",
    "\x00\x01 = \x02",
    "grow = -21",
    "grow = nan",
    "gamma = 'much'",
    "level_low = 0.9\nlevel_high = 0.1",
    "background = 'no-such-thing'",
    "[[[\n" * 1000,
    "smoothing = [1, 2]",
    "fps = 60\nsize = '640x480'",  # valid, but for the next start
)


class Judge(Probe):
    """A Probe that knows what the settings allow. reaches: px around the person, of the newest changes; None: the room
    is shown by wish (blur). leaks: what was wrong, in words."""

    def __init__(self) -> None:
        super().__init__()
        self.reaches: deque[float | None] = deque([None], maxlen=3)
        self.judged = self.skipped = 0
        self.leaks: list[str] = []
        self.text, self.pictures = "", set[bytes]()
        self._last: Image | None = None

    def write(self, composite: Composite) -> None:
        if composite.image is self._last:  # one that was shown again, beside another frame
            return
        self._last = composite.image
        leaked = self._leaked(composite)
        if leaked:
            self.leaks.append(f"{leaked} px after {self.text!r}")
        self.pictures.add(colour_and_alpha(composite).tobytes())
        captured_s = composite.frame.captured_at_s if composite.frame is not None else 0.0
        self.seen.append(Seen(CLOCK(), leaked, composite.alpha is None, captured_s))

    def shows_the_person(self) -> bool:
        """Whether the newest composite does, in the camera's colours."""
        return self._last is not None and int(_near(self._last, FIGURE).sum()) > 0.15 * self._last.size / 3

    def _leaked(self, composite: Composite) -> int:
        if composite.alpha is None or composite.frame is None:
            return int(_near(composite.image, MARKER).sum())
        reaches = list(self.reaches)
        if None in reaches:
            self.skipped += 1
            return 0
        self.judged += 1
        person = ~_near(composite.frame.image, MARKER)
        zoom = min(max(float(person.sum(1).max()) / FIGURE_PX, 1.0), 4.0)
        reach = int(zoom * max(each for each in reaches if each is not None)) + 1
        near = cv2.dilate(person.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        shown = _near(composite.image, MARKER) | (composite.alpha >= LOWEST_ALPHA)
        return int((shown & ~near).sum())


def _near(image: Image, colour: tuple[int, ...]) -> np.ndarray:
    return np.asarray(np.abs(image.astype(np.int16) - np.array(colour, np.int16)).max(axis=2) < NEAR)


def changes(seed: int, backgrounds: tuple[str, ...]) -> list[str]:
    """CHANGES texts of a settings file: settings, as often at the ends of their ranges as within, or rubbish."""
    chance = random.Random(seed)
    texts = []
    for _ in range(CHANGES):
        if chance.random() < 0.15:
            texts.append(chance.choice(RUBBISH))
            continue
        names = {*chance.sample(NAMES, chance.randint(0, 5)), *chance.sample(EXTREMES, chance.randint(0, 3))}
        values = {name: _value(chance, name, backgrounds) for name in sorted(names)}
        values["background"] = _value(chance, "background", backgrounds)
        texts.append("".join(f"{name} = {_toml(value)}\n" for name, value in values.items()))
    return texts


def _value(chance: random.Random, name: str, backgrounds: tuple[str, ...]) -> Any:
    spec, kind = OPTIONS[name], TYPES[name]
    if name == "background":
        return chance.choice(backgrounds)
    if spec.choices:
        return chance.choice(spec.choices)
    if kind is bool:
        return chance.random() < 0.5
    assert spec.low is not None
    assert spec.high is not None
    ends = [spec.low, spec.high, getattr(Settings(), name)]
    value = chance.choice(ends) if chance.random() < 0.5 else chance.uniform(spec.low, spec.high)
    return round(value) if kind is int else round(value, 3)


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def allowed(path: Path, before: float | None, is_transparent: bool = False) -> float | None:
    """What the settings in this file allow to be seen around a person, px; None: all of it. Where they are refused,
    what was allowed before. is_transparent: there is no background since the start."""
    try:
        settings = change(Settings(), read_toml(path))
    except LivebgError:
        return before
    if settings.background == "no-such-thing":
        return before
    is_refused = settings.background == "none" and not is_transparent
    if settings.background.startswith("blur") or (is_refused and before is None):
        return None  # a change to no background at all applies at the next start: a blur stays until then
    return EDGE_PX + max(settings.grow, 0.0) + settings.feather / 2


def direct(settings: Path, judge: Judge, seed: int, backgrounds: tuple[str, ...]) -> dict[str, Any]:
    """Every change, with PICTURES of it looked at; then the usual settings again. → a row as the other faults have."""
    _wait(judge, 1)
    count, began_s = len(judge.seen), CLOCK()
    for text in [*changes(seed, backgrounds), f"background = '{backgrounds[0]}'\n"]:
        judge.text = text[:300]
        settings.write_text(text)
        judge.reaches.append(allowed(settings, judge.reaches[-1], backgrounds == ("none",)))
        os.kill(os.getpid(), signal.SIGHUP)
        _wait(judge, PICTURES)
    ended_s = CLOCK()
    is_back = _wait_until(judge.shows_the_person)
    seen = judge.seen[count:]
    return {
        "fault": f"settings changed {CHANGES} times at random",
        "leaked": sum(each.leaked for each in seen),
        "composites": len(seen),
        "to_card_s": None,
        "to_recover_s": round(CLOCK() - ended_s, 2) if is_back else None,
        "longest_gap_s": round(max(b.at_s - a.at_s for a, b in pairwise(seen)), 2),
        "lasted_s": round(ended_s - began_s, 1),
        "seed": seed,
        "judged": judge.judged,
        "skipped": judge.skipped,
        "leaks": judge.leaks[:5],
    }


def _wait(judge: Judge, pictures: int) -> None:
    target = len(judge.seen) + pictures
    assert _wait_until(lambda: len(judge.seen) >= target), f"no picture after {judge.text!r}"


def _wait_until(is_so: Any) -> bool:
    ends_s = CLOCK() + PATIENCE_S
    while not is_so():
        if CLOCK() > ends_s:
            return False
        threading.Event().wait(0.005)
    return True
