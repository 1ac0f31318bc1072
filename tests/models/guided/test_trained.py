"""The guided engine on a trained network's answers: ten photos, the clip of a chair, and an empty room.

Needs a trained checkpoint of rmbg's architecture in LIVEBG_TRAINED; .ci/run makes one by LIVEBG_SHARED/rmbg/trained.py.
Truths and measures are those of LIVEBG_SHARED/cases.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livebg import models
from livebg.core.engines import MattingEngine
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Frame, SourceInfo
from livebg.media.image.photo import read_photo
from livebg.pipeline.cpu_build import live_processor
from livebg.pipeline.photo.processor import PhotoProcessor
from livebg.pipeline.processor import Unmatted
from livebg.scene.backgrounds import open_background
from tests.bench import cases
from tests.requirements import lacking

pytestmark = [pytest.mark.slow, pytest.mark.needs_shared]
EVERY = 6  # of the exact photos one of so many: ten
CHAIR, ROOM = "d10_chair", "d04_enter_leave"
FRAMES = 20
HD = SourceInfo("clip", 1280, 720, 30.0, False)
LIGHT = Settings(engine="selfie", background="#808080")


@pytest.fixture(scope="module")
def rmbg(shared: Path) -> Settings:
    weights = os.environ.get("LIVEBG_TRAINED", "")
    if not weights:
        lacking("trained", f"LIVEBG_TRAINED names no trained checkpoint; {shared / 'rmbg' / 'trained.py'} makes one")
    return change(LIGHT, {"engine": "rmbg", "weights": weights, "device": "cpu", "matte_size": 288})


@pytest.fixture(scope="module")
def photos(rmbg: Settings, shared: Path) -> dict[str, list[dict[str, Any]]]:
    """{engine: the measures of each photo}."""
    metrics, folder, rows = cases.instrument(), shared / "cases", dict[str, list[dict[str, Any]]]()
    exact = [each for each in json.loads((folder / "photos.json").read_text()) if each["kind"] == "exact"][::EVERY]
    for settings in (LIGHT, rmbg):
        processor = PhotoProcessor(settings, has_background=False, is_premultiplied=False)
        for each in exact:
            photo = read_photo(folder / each["image"])
            truth = cv2.imread(str(folder / each["truth"]), cv2.IMREAD_GRAYSCALE)
            row = metrics.frame_metrics(processor.alpha(photo), truth, slow=False)
            rows.setdefault(settings.engine, []).append({"id": each["id"], **row})
        processor.close()
    return rows


@pytest.fixture
def engine(rmbg: Settings) -> Iterator[MattingEngine]:
    engine = models.open_engine(rmbg, HD)
    yield engine
    engine.close()


def test_no_photos_person_is_lost(photos: dict[str, list[dict[str, Any]]]) -> None:
    assert len(photos["rmbg"]) == 10
    lost = [
        (b["id"], b["iou"]) for a, b in zip(photos["selfie"], photos["rmbg"], strict=True) if b["iou"] < 0.9 <= a["iou"]
    ]
    assert not lost
    assert _mean(photos["rmbg"], "iou") > _mean(photos["selfie"], "iou") - 0.003


def test_photos_edges_are_better_than_the_light_engines(photos: dict[str, list[dict[str, Any]]]) -> None:
    assert _mean(photos["rmbg"], "mad_edge") < 0.9 * _mean(photos["selfie"], "mad_edge")
    assert _mean(photos["rmbg"], "bf") > _mean(photos["selfie"], "bf") + 0.03


def test_a_chair_is_no_foreground_and_the_matte_is_better_than_the_light_engines(
    engine: MattingEngine, rmbg: Settings
) -> None:
    with closing(models.open_engine(LIGHT, HD)) as quick:
        guided, light = _measured(engine, rmbg, False), _measured(quick, LIGHT, True)
    assert guided["iou"] > 0.99
    assert guided["mad"] < light["mad"]
    assert guided["debris"] < 0.3


def test_an_empty_room_is_background_though_an_armchair_stands_in_it(engine: MattingEngine) -> None:
    (case,) = cases.find_cases([ROOM])
    frame, truth, _ = next(case.frames())
    assert truth is not None
    assert not truth.any()
    assert not engine.matte(frame).values.any()


def _mean(rows: list[dict[str, Any]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def _measured(engine: MattingEngine, settings: Settings, has_presence: bool) -> dict[str, float]:
    """The measures of a live run over the chair's clip, each frame looked at."""
    (case,) = cases.find_cases([CHAIR])
    seen = cases.instrument().ClipMetrics(warm=2)
    processor, background = live_processor(engine, settings, Stats(), has_presence), open_background(settings)
    for number, (frame, truth, valid) in enumerate(case.frames()):
        if number == FRAMES:
            break
        (made,) = processor.feed(frame, settings, background)
        seen.add(frame.image, _bytes(made, frame), truth, valid)
    result: dict[str, float] = seen.result()
    return result


def _bytes(made: Any, frame: Frame) -> np.ndarray:
    if isinstance(made, Unmatted):
        return np.zeros(frame.image.shape[:2], np.uint8)
    return np.round(made.alpha * 255).astype(np.uint8)
