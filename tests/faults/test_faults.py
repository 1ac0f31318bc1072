"""Every fault, injected into a whole livebg process: not one pixel of the room, a picture at every moment, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from patience import HANGS_S, SLACK

from faults.catalogue import GROUPS, Fault
from faults.world import MARKER, leaked_pixels, picture

BACK_S = 2.0 * SLACK  # the world is as it was: then the picture has to be; tests/bench/faults.py has the real times
LONGEST_GAP_S = 1.0 * SLACK  # between two pictures for those who watch
MOST_LINES = 12  # on a slow machine a camera is lost and back some times meanwhile; a line a frame would be 75
FAULTS = [
    pytest.param(group, fault, id=fault.name, marks=pytest.mark.process)
    for group, faults in GROUPS.items()
    for fault in faults
]
RUNS = [pytest.param(group, marks=pytest.mark.process) for group in GROUPS]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A group's run. All go on at the same time: they wait more than they work."""

    def run(group: str, folder: Path) -> dict[str, Any]:
        command = [sys.executable, str(Path(__file__).with_name("driver.py")), group, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=4 * HANGS_S, check=False)
        assert done.stdout, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1]) | {"error": done.stderr}

    with ThreadPoolExecutor(len(GROUPS)) as all_of_them:
        runs = {group: all_of_them.submit(run, group, tmp_path_factory.mktemp(group)) for group in GROUPS}
        yield lambda group: runs[group].result()


def test_what_counts_as_the_room() -> None:
    assert leaked_pixels(np.full((8, 8, 3), MARKER, np.uint8)) > 30
    assert leaked_pixels(picture(3)) > 20_000
    line = np.zeros((8, 8, 3), np.uint8)
    line[4] = MARKER
    assert leaked_pixels(line) == 0, "a single row is the matte's imprecision"


@pytest.mark.parametrize(("group", "fault"), FAULTS)
def test_no_pixel_of_the_room_and_the_picture_comes_back(group: str, fault: Fault, run_of: Any) -> None:
    row = next(each for each in run_of(group)["rows"] if each["fault"] == fault.name)
    assert row["leaked"] == 0
    assert row["to_recover_s"] is not None, "it never came back"
    assert row["to_recover_s"] < BACK_S
    assert (row["to_card_s"] is not None) or not fault.is_hidden
    assert row["longest_gap_s"] < LONGEST_GAP_S or "SIGSTOP" in fault.name
    assert len(row["said"]) <= MOST_LINES, row["said"]
    assert not fault.is_hidden or row["said"]


@pytest.mark.parametrize("group", RUNS)
def test_from_the_first_picture_to_the_end(group: str, run_of: Any) -> None:
    seen = run_of(group)
    assert seen["first_is_card"], "before the first frame there is no matte"
    assert seen["leaked"] == 0
    assert seen["code"] == 0, seen["error"]
    assert "Traceback" not in seen["error"]


@pytest.mark.parametrize("group", RUNS)
def test_the_recording_plays_and_shows_no_room(group: str, run_of: Any) -> None:
    with av.open(run_of(group)["recording"]) as container:
        leaked = [leaked_pixels(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]
    assert len(leaked) > 20
    assert sum(leaked) == 0
