"""Cut and pasted on a device as on the CPU: the same pictures within a level, the same alphas within rounding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livebg.core.types import Frame, Image
from livebg.models import crop_torch
from livebg.models.crop import Crop, cut, pasted

CROPS = {
    "inside": Crop(41, 23, 223, 157, 320, 180),
    "at the left": Crop(0, 23, 103, 180, 320, 180),
    "at the right": Crop(120, 0, 320, 99, 320, 180),
    "all": Crop(0, 0, 320, 180, 320, 180),
    "small": Crop(50, 60, 71, 83, 320, 180),
}


def _frame() -> Frame:
    draw = np.random.default_rng(1)
    blocks = draw.integers(0, 256, (23, 40, 3), np.uint8).repeat(8, 0).repeat(8, 1)[:180, :320]
    return Frame(np.ascontiguousarray(blocks), 0, 0.0, 0.0)


def _planes(image: Image) -> torch.Tensor:
    return torch.from_numpy(image.transpose(2, 0, 1).copy())


@pytest.mark.parametrize("name", CROPS)
@pytest.mark.parametrize("size", [(64, 96), (96, 64), (160, 160)])
@pytest.mark.parametrize(("dtype", "levels"), [(torch.float32, 1.01), (torch.float16, 1.5)])
def test_a_crop_is_what_the_cpu_cuts(name: str, size: tuple[int, int], dtype: torch.dtype, levels: float) -> None:
    crop, frame = CROPS[name], _frame()
    place = torch.from_numpy(crop_torch.place_of(crop))
    found = crop_torch.cut(_planes(frame.image).to(dtype), place, size)
    gap = np.abs(found.numpy().astype(np.float32) - cut(frame, crop, size[1], size[0]).transpose(2, 0, 1))
    assert gap.max() < levels
    assert gap.mean() < 0.5  # the CPU rounds to whole levels


@pytest.mark.parametrize("name", CROPS)
@pytest.mark.parametrize("size", [(64, 96), (96, 64)])
@pytest.mark.parametrize("grid", [(90, 160), (103, 187)])
def test_an_alpha_is_pasted_as_on_the_cpu(name: str, size: tuple[int, int], grid: tuple[int, int]) -> None:
    crop, alpha = CROPS[name], np.random.default_rng(2).random(size, np.float32)
    place = torch.from_numpy(crop_torch.place_of(crop))
    found = crop_torch.pasted(torch.from_numpy(alpha), place, (crop.height, crop.width), grid).numpy()
    expected = pasted(alpha, crop, grid[::-1])
    np.testing.assert_allclose(found, expected, atol=2e-4)
    assert ((found == 0) == (expected == 0)).all()


def test_a_large_picture_is_cut_as_exactly() -> None:
    image = np.random.default_rng(3).integers(0, 256, (40, 7680, 3), np.uint8)
    crop = Crop(5011, 3, 7573, 40, 7680, 40)
    found = crop_torch.cut(_planes(image).float(), torch.from_numpy(crop_torch.place_of(crop)), (32, 512))
    expected = cut(Frame(image, 0, 0.0, 0.0), crop, 512, 32).transpose(2, 0, 1)
    assert np.abs(found.numpy() - expected).max() < 1.01
