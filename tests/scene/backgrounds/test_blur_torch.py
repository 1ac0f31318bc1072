"""The blur on the device is the CPU's within two levels, and shows nothing of the person."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from on_device import picture

from livebg.scene.backgrounds.blur import blurred
from livebg.scene.backgrounds.blur_torch import Blur


@pytest.mark.parametrize(("size", "sigma_px"), [((180, 320), 6.0), ((360, 640), 20.0), ((37, 51), 1.0)])
@pytest.mark.parametrize("covers", [0.0, 0.4, 1.0])
def test_agrees_with_the_cpu(size: tuple[int, int], sigma_px: float, covers: float) -> None:
    image, alpha = picture(6, *size), np.zeros(size, np.float32)
    alpha[:, : round(covers * size[1])] = 1
    image[alpha > 0] = (0, 255, 0)
    planes = torch.from_numpy(image).permute(2, 0, 1).float()
    found = Blur(*size, sigma_px, "cpu", torch.float32)(planes, torch.from_numpy(alpha)).permute(1, 2, 0).numpy()
    assert np.abs(found - blurred(image, alpha, sigma_px)).max() <= 2
