"""The device's blur fusion is the CPU's within a level, at edges of every kind, with an empty room and without."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from on_device import figure

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.scene.compositing.compositor import Compositor
from livebg.scene.compositing.foreground_torch import Foreground

SIZE = (180, 320)


def planes(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1).float()


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A disc with a soft edge over a room, its alpha, and the room."""
    _, disc = figure(*SIZE)
    room, _ = figure(*SIZE, shift_px=5000)
    alpha = cv2.GaussianBlur(disc, (0, 0), 5)
    alpha = np.clip((alpha - 0.05) / 0.9, 0, 1)
    mixed = room * (1 - alpha[..., None]) + np.float32([40, 50, 200]) * alpha[..., None]
    return np.rint(mixed).astype(np.uint8), alpha.astype(np.float32), room.astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("has_room", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_agrees_with_the_cpu(has_room: bool, dtype: torch.dtype) -> None:
    image, alpha, room = scene()
    plate = room if has_room else None
    expected = Compositor().cut_out(Frame(image, 0, 0.0, 0.0), alpha, Settings(), plate)
    foreground = Foreground(*SIZE, "cpu", dtype)
    rooms = (planes(room),) if has_room else ()
    found = foreground(planes(image).to(dtype), torch.from_numpy(alpha), *(rooms or (None,)), is_cut_out=True)
    assert found.dtype == dtype
    difference = np.abs(found.permute(1, 2, 0).float().numpy() - expected)[alpha > 0.02]
    assert difference.max() <= (1 if dtype == torch.float32 else 2)
    assert difference.mean() < 0.05


def test_the_old_room_leaves_the_edge_and_sure_pixels_stay() -> None:
    image, alpha, _ = scene()
    found = Foreground(*SIZE, "cpu", torch.float32)(planes(image), torch.from_numpy(alpha)).permute(1, 2, 0).numpy()
    soft = (alpha > 0.3) & (alpha < 0.9)
    before, after = (np.abs(each[soft] - np.float32([40, 50, 200])).mean() for each in (image.astype(float), found))
    assert after < 0.7 * before
    np.testing.assert_array_equal(found[alpha == 1], image[alpha == 1])


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_nobody_everybody_and_no_number_give_numbers(level: float) -> None:
    image, alpha, _ = scene()
    given = torch.from_numpy(np.where(alpha > 0.5, np.float32(level), alpha * (level == level)))
    found = Foreground(*SIZE, "cpu", torch.float32)(planes(image), given)
    assert 0 <= found.min() <= found.max() <= 255
