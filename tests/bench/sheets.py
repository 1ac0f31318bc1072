"""Question: how does it look? Contact sheets and flicker strips for the eye, out of all steps.

    python -m tests.bench.sheets --out FOLDER [--only ID ...] [--options '--colours off'] [--before 0] [--readme]
        [--answers FOLDER]

One JPEG for each of ten cases (photos and moments of clips): camera, the bare network's alpha (all stages off), ours,
the composite on a bright, a dark and a busy background, and two places enlarged three times (hair, fingers, a moving
edge); `overview.jpg` of all. For some clips a flicker strip, one column of pixels over time, where the bare network
flickers most: what stands still has to give straight lines. --readme: also small ones, at most 150 KB each. Nothing is
measured. --before: show a clip from so many frames before its moment only. --answers: the rmbg engine's network looks
at a frame once instead of four times, and never again (answers.py); its --options are '--engine rmbg --weights FILE
--matte-size 512 --device cpu'. Last line: JSON, the files.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livebg.core.opencv import load_opencv
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, Frame, Image, Matte, SourceInfo
from tests.bench import cases, variants
from tests.bench.answers import kept_in
from tests.bench.machine import ROOT
from tests.bench.stages import BASE, parsed_options

BACKGROUNDS = {"bright": "#f2f2ee", "dark": "#0c0f14", "busy": str(ROOT / "backgrounds" / "bookshelf.jpg")}
BARE = "network alone"
CASES = {  # photo or clip: which frame of it (-1: a photo), and the centres of what is enlarged, px: hair, then edge
    "ds007": (-1, (422, 92), (640, 420)),
    "ds018": (-1, (332, 237), (688, 264)),
    "dn_if042": (-1, (390, 50), (548, 336)),
    "d01_sway_longhair": (100, (816, 236), (400, 470)),
    "d03_fast": (70, (443, 176), (636, 563)),
    "d07_headset": (90, (622, 116), (763, 450)),
    "d10_chair": (110, (690, 260), (703, 660)),
    "d13_pass_behind": (75, (619, 148), (760, 400)),
    "dr_walk": (25, (300, 110), (206, 265)),
    "dr_bird": (55, (308, 60), (209, 393)),
}
STRIPS = ("d02_still_glasses", "d08_afro_busy", "d12_screen_wobble", "dr_bird")
WIDTH, DETAIL = 1920, (128, 96)  # of a sheet; of a place that is enlarged, px of the picture
ENLARGED = 3
STRIP_HEIGHT, STRIP_WIDTH = 240, 1200
README_WIDTH, README_BYTES = 1000, 150_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame and what every variant made of it."""

    frame: Frame
    composites: dict[str, Composite]

    def alpha(self, name: str) -> Matte:
        alpha = self.composites[name].alpha
        return np.zeros(self.frame.image.shape[:2], np.float32) if alpha is None else alpha


def look(frames: Iterator[Frame], name: str, options: dict[str, Any]) -> Iterator[Seen]:
    """Every frame with ours on each background, and what the bare network gives."""
    base = change(Settings(), {**BASE, **options})
    settings = {each: change(base, {"background": what}) for each, what in BACKGROUNDS.items()}
    bare = {**variants.ALL_OFF, "closer_look": base.engine == "rmbg"}  # the finder's look decides where rmbg looks
    settings[BARE] = change(base, bare)
    with ExitStack() as parts:
        running: list[variants.Variant] = []
        for frame in frames:
            if not running:
                info = SourceInfo(name, frame.width, frame.height, 30.0, False)
                running = [parts.enter_context(variants.Variant(*each, info)) for each in settings.items()]
            yield Seen(frame, {each.name: each.show(frame) for each in running})


def photo(name: str) -> Iterator[Frame]:
    image = cv2.imread(str(cases.CASES / "photos" / f"{name}.jpg"))
    yield Frame(np.asarray(image, np.uint8), 0, 0.0, 0.0)


def clip(name: str, last: int, before: int = 0) -> Iterator[Frame]:
    """The frames up to number `last` (-1: all of them), numbered from 0; before: only so many, and that one."""
    first = last - before if before and last > before else 0
    for frame, _, _ in cases.find_cases([name])[0].frames():
        if frame.sequence >= first:
            yield replace(frame, sequence=frame.sequence - first)
        if frame.sequence == last:
            return


def sheet(seen: Seen, name: str) -> Image:
    """Two rows of three pictures, and a row of five for each enlarged place."""
    pictures = {
        f"{name}: camera": seen.frame.image,
        BARE: grey(seen.alpha(BARE)),
        "alpha": grey(seen.alpha("busy")),
        **{each: seen.composites[each].image for each in BACKGROUNDS},
    }
    size = (WIDTH // 3, WIDTH // 3 * 9 // 16)
    whole = [labelled(fitted(each, *size), text) for text, each in pictures.items()]
    rows = [np.hstack(whole[:3]), np.hstack(whole[3:])]
    del pictures[BARE]
    for x, y in CASES[name][1:]:
        left = min(max(0, x - DETAIL[0] // 2), seen.frame.width - DETAIL[0])
        top = min(max(0, y - DETAIL[1] // 2), seen.frame.height - DETAIL[1])
        cut = [each[top : top + DETAIL[1], left : left + DETAIL[0]] for each in pictures.values()]
        enlarged = [cv2.resize(each, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC) for each in cut]
        rows.append(np.hstack(enlarged))
    return np.vstack(rows)


def strip(seen: Sequence[Seen], title: str) -> Image:
    """One column of pixels over time, where the bare alpha changes most: camera, that alpha, ours, the composite."""
    changes = [cv2.absdiff(later.alpha(BARE), earlier.alpha(BARE)) for earlier, later in pairwise(seen)]
    amount = cv2.blur(np.mean(changes, axis=0), (5, STRIP_HEIGHT), borderType=cv2.BORDER_CONSTANT)
    y, x = np.unravel_index(int(amount.argmax()), amount.shape)
    top = min(max(0, int(y) - STRIP_HEIGHT // 2), amount.shape[0] - STRIP_HEIGHT)
    pictures = {
        f"{title}: camera": [each.frame.image for each in seen],
        f"alpha, {BARE}": [grey(each.alpha(BARE)) for each in seen],
        "alpha": [grey(each.alpha("busy")) for each in seen],
        "composite": [each.composites["bright"].image for each in seen],
    }
    rows = []
    for name, images in pictures.items():
        column = np.hstack([each[top : top + STRIP_HEIGHT, x : x + 1] for each in images])
        wide = cv2.resize(column, (STRIP_WIDTH, STRIP_HEIGHT), interpolation=cv2.INTER_NEAREST)
        rows.append(labelled(wide, name))
    return np.vstack(rows)


def grey(alpha: Matte) -> Image:
    return cv2.cvtColor(variants.bytes_of(alpha, alpha.shape), cv2.COLOR_GRAY2BGR)


def fitted(image: Image, width: int, height: int) -> Image:
    """The whole image within this size, the rest black."""
    share = min(width / image.shape[1], height / image.shape[0])
    size = (round(image.shape[1] * share), round(image.shape[0] * share))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return np.pad(small, ((top, height - size[1] - top), (left, width - size[0] - left), (0, 0)))


def labelled(image: Image, text: str) -> Image:
    result = image.copy()
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
    result[: height + 16, : width + 20] = 0
    cv2.putText(result, text, (8, height + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    return result


def overview(sheets: Sequence[Image]) -> Image:
    """Of each sheet the camera, the alpha and the busy composite, five cases side by side."""
    wide, high = WIDTH // 3, WIDTH // 3 * 9 // 16
    cells = []
    for each in sheets:
        camera, alpha, busy = each[:high, :wide], each[:high, 2 * wide :], each[high : 2 * high, 2 * wide :]
        cells.append(np.vstack([camera, alpha, busy]))
    cells = [cv2.resize(each, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA) for each in cells]
    while len(cells) % 5:
        cells.append(np.zeros_like(cells[0]))
    return np.vstack([np.hstack(cells[each : each + 5]) for each in range(0, len(cells), 5)])


def save(image: Image, path: Path, for_readme: bool) -> list[str]:
    """A JPEG, and where asked a small one beside it."""
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if not for_readme:
        return [str(path)]
    share = min(1.0, README_WIDTH / image.shape[1])
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    for quality in range(90, 20, -5):
        content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(content) <= README_BYTES:
            break
    smaller = path.with_name(f"{path.stem}-readme.jpg")
    smaller.write_bytes(content)
    return [str(path), str(smaller)]


def make_all(arguments: argparse.Namespace) -> list[str]:
    """The sheets, their overview and the strips; returns the files."""
    options, files, sheets = parsed_options(arguments.options), list[str](), list[Image]()
    for name, (number, *_) in CASES.items():
        if not arguments.only or name in arguments.only:
            frames = photo(name) if number < 0 else clip(name, number, arguments.before)
            *_, last = look(frames, name, options)
            sheets.append(sheet(last, name))
            files += save(sheets[-1], arguments.out / f"{name}.jpg", arguments.readme)
    if sheets:
        files += save(overview(sheets), arguments.out / "overview.jpg", arguments.readme)
    for name in STRIPS:
        if not arguments.only or name in arguments.only:
            picture = strip(list(look(clip(name, -1), name, options)), name)
            files += save(picture, arguments.out / f"strip_{name}.jpg", arguments.readme)
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--options", default="", help="settings, e.g. '--smoothing 0.5'")
    parser.add_argument("--before", type=int, default=0, help="frames shown before a clip's moment; 0: all")
    parser.add_argument("--answers", type=Path, help="keep the network's answers in this folder")
    parser.add_argument("--readme", action="store_true")
    arguments = parser.parse_args()
    load_opencv()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with kept_in(arguments.answers):
        files = make_all(arguments)
    print("\n".join(files))
    print(json.dumps(files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
