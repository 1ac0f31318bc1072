"""The synthetic scene is the truth that other tests measure against: so it is measured here."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from livebg.capture.synthetic.scene import SyntheticScene

TIMES_S = (0.0, 3.5, 5.2, 9.0)


@pytest.fixture(scope="module")
def scene() -> SyntheticScene:
    return SyntheticScene(320, 180)


@pytest.mark.slow
@pytest.mark.parametrize("time_s", TIMES_S)
def test_the_picture_is_what_the_alpha_says(scene: SyntheticScene, time_s: float) -> None:
    alpha = scene.true_alpha(time_s)
    assert alpha.dtype == np.float32
    assert alpha.shape == (180, 320)
    assert alpha.min() == 0.0
    assert alpha.max() == pytest.approx(1.0, abs=1e-6)
    exact = alpha[..., None] * scene.figure(time_s).astype(float) + (1 - alpha[..., None]) * scene.room
    assert np.abs(scene.image(time_s) - exact).max() <= 0.51


@pytest.mark.slow
def test_time_alone_decides(scene: SyntheticScene) -> None:
    again = SyntheticScene(320, 180)
    scene.image(1.0)
    assert np.array_equal(scene.image(4.5), again.image(4.5))
    assert np.array_equal(scene.true_alpha(4.5), again.true_alpha(4.5))


def test_edges_are_soft_and_the_person_is_whole(scene: SyntheticScene) -> None:
    alpha = scene.true_alpha(0.0)
    assert 0.2 < alpha.mean() < 0.5
    assert ((alpha > 0.05) & (alpha < 0.95)).sum() > 200
    _, _, parts, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8))
    areas = sorted(parts[1:, cv2.CC_STAT_AREA])
    assert sum(areas[:-1]) < 0.001 * areas[-1], "one person, and at most tips of hair"


def test_it_moves_waves_and_blinks(scene: SyntheticScene) -> None:
    still, waving = scene.true_alpha(2.0), scene.true_alpha(5.2)
    assert np.abs(still - scene.true_alpha(2.3)).mean() > 0.001
    assert waving[:, 240:].sum() > still[:, 240:].sum() + 300, "the arm reaches to the right"
    eyes = scene.figure(2.6) != scene.figure(2.75)
    assert eyes.any()


def test_the_head_turns_within_its_outline(monkeypatch: pytest.MonkeyPatch, scene: SyntheticScene) -> None:
    alpha, turned = scene.true_alpha(1.5), scene.figure(1.5)
    monkeypatch.setattr(scene, "_turned", lambda layer, _: layer)
    assert np.array_equal(scene.true_alpha(1.5), alpha)
    rows, _ = np.nonzero((scene.figure(1.5) != turned).any(axis=2) & (alpha > 0))
    assert rows.size > 500, "the face moves"
    assert rows.max() < 120, "and nothing below the chin"


def test_no_jump_between_frames(scene: SyntheticScene) -> None:
    alphas = [scene.true_alpha(number / 30) for number in range(90, 150)]
    changes = [np.abs(after - before).mean() for before, after in itertools.pairwise(alphas)]
    assert max(changes) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(16, 16), (180, 320), (161, 91), (400, 100)])
def test_any_size(width: int, height: int) -> None:
    scene = SyntheticScene(width, height)
    assert scene.image(5.0).shape == (height, width, 3)
    assert 0.05 < scene.true_alpha(5.0).mean() < 0.7


@pytest.mark.slow
def test_pictures_follow_the_rate() -> None:
    pictures = SyntheticScene(32, 32, fps=25).pictures()
    assert [next(pictures).media_time_s for _ in range(3)] == pytest.approx([0, 0.04, 0.08])


@pytest.mark.slow
def test_a_network_trained_on_people_sees_a_person(shared: Path) -> None:
    scene = SyntheticScene(640, 360)
    network = cv2.dnn.readNetFromTFLite(str(shared / "models" / "selfie_segmenter_landscape.tflite"))
    for time_s in TIMES_S:
        network.setInput(cv2.dnn.blobFromImage(scene.image(time_s), 1 / 255, (256, 144), swapRB=True))
        seen = cv2.resize(network.forward()[0, 0], (640, 360)) > 0.5
        true = scene.true_alpha(time_s) > 0.5
        assert (seen & true).sum() / (seen | true).sum() > 0.93
