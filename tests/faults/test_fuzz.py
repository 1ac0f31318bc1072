"""Settings changed at random: not one pixel of the room in any composite or recording, and the picture comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from faults.driver import FUZZ
from faults.fuzz import CHANGES, EXTREMES, NAMES, PICTURES, RUBBISH, Judge, allowed, changes
from faults.world import HEIGHT, WIDTH, picture
from livebg.core.types import Composite, Frame

SEED = int(os.environ.get("LIVEBG_FUZZ_SEED", "1"))  # said on failure; another one is other settings


RUNS = [pytest.param(each, marks=pytest.mark.process) for each in FUZZ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """Both at the same time: they wait more than they work."""

    def run(kind: str, folder: Path) -> dict[str, Any]:
        command = [sys.executable, str(Path(__file__).with_name("driver.py")), kind, str(folder), str(SEED)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.stdout, done.stderr[-3000:]
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result | {"error": done.stderr}

    with ThreadPoolExecutor(len(FUZZ)) as all_of_them:
        yield {kind: all_of_them.submit(run, kind, tmp_path_factory.mktemp("fuzz")) for kind in FUZZ}


@pytest.fixture(scope="module", params=RUNS)
def seen(request: pytest.FixtureRequest, runs: dict[str, Future[dict[str, Any]]]) -> dict[str, Any]:
    return runs[request.param].result()


def test_no_pixel_of_the_room_and_the_picture_comes_back(seen: dict[str, Any]) -> None:
    (row,) = seen["rows"]
    assert row["leaked"] == 0, f"LIVEBG_FUZZ_SEED={SEED}: {row['leaks']}"
    assert row["to_recover_s"] is not None, f"LIVEBG_FUZZ_SEED={SEED}: it never came back"
    assert row["composites"] >= CHANGES * PICTURES
    assert row["judged"] > row["composites"] / 2, "most of what was shown has to be looked at"


def test_to_the_end_without_a_trace(seen: dict[str, Any]) -> None:
    assert seen["code"] == 0, seen["error"][-3000:]
    assert "Traceback" not in seen["error"]
    assert seen["first_is_card"]


def test_the_recording_holds_nothing_but_what_was_looked_at(seen: dict[str, Any]) -> None:
    assert Path(seen["recording"]).stat().st_size > 0
    assert seen["unseen"] == 0


def test_the_same_seed_is_the_same_changes_and_all_knobs_are_among_them() -> None:
    texts = changes(SEED, ("#0000ff",))
    assert texts == changes(SEED, ("#0000ff",))
    assert texts != changes(SEED + 1, ("#0000ff",))
    assert len(texts) == CHANGES
    for name in {*NAMES, *EXTREMES}:
        assert any(text.startswith(f"{name} =") or f"\n{name} =" in text for text in texts), name
    assert sum(text in RUBBISH for text in texts) > 10


def test_what_is_allowed_follows_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    for text, reach in (
        ("grow = 5\nfeather = 10", 24 + 10),
        ("grow = -5", 24),
        ("background = 'blur'", None),
        ("grow = nan", 7),
    ):
        path.write_text(text)
        assert allowed(path, 7) == reach
    path.write_text("background = 'none'")
    assert allowed(path, None) is None
    assert allowed(path, None, is_transparent=True) == 24
    assert allowed(path, 7) == 24


def test_the_judge_sees_a_single_pixel_of_the_room_in_colour_and_in_alpha() -> None:
    image = picture(3)
    frame = Frame(image, 0, 1.0, 0.0)
    judge = Judge()
    judge.reaches.append(24.0)
    judge.reaches.popleft()
    alpha, clean = Frame(image, 0, 0.0, 0.0).image[..., 1].astype("float32") * 0, image * 0
    judge.write(Composite(clean, frame, alpha))
    shown, claimed = clean.copy(), alpha.copy()
    shown[2, WIDTH - 3], claimed[HEIGHT - 2, 2] = image[2, WIDTH - 3], 0.01
    judge.write(Composite(shown, frame, alpha))
    judge.write(Composite(clean.copy(), frame, claimed))
    assert [each.leaked for each in judge.seen] == [0, 1, 1]
