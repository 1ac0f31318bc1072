"""Tiny networks, frames and backgrounds for the processor on a GPU, and a stand-in for CUDA's graphs."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from livebg.core.engines import Correction
from livebg.core.resize import work_size
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame
from livebg.matting.chain import Causal, Chain
from livebg.matting.steps import CheckAlpha, Correct, DetectMotion
from livebg.pipeline.cuda.host_steps import HostSteps
from livebg.pipeline.cuda.streams import InTurn

HEIGHT, WIDTH = 90, 160

torch.set_num_threads(1)  # pictures this small only wait for a second thread, 8 ms a step where the machine is busy


class TinyNetwork(nn.Module):
    """What is red is foreground, give or take what two convolutions with batch norms add."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_s1, self.bn_s1 = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8)
        self.conv_s2, self.bn_s2 = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.side = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        features = functional.relu(self.bn_s1(self.conv_s1(pixels)))
        features = functional.relu(self.bn_s2(self.conv_s2(features)))
        red = functional.avg_pool2d(pixels[:, :1] - pixels[:, 1:].mean(1, keepdim=True), 2)
        answer = 2 * self.side(features) + 20 * red - 7
        return torch.sigmoid(functional.interpolate(answer, size=pixels.shape[2:], mode="bilinear"))


class SalientNetwork(TinyNetwork):
    """What is red is foreground, and so is what is blue: a chair."""

    def forward(self, pixels: Tensor) -> Tensor:
        red = pixels[:, :1] - pixels[:, 1:].mean(1, keepdim=True)
        blue = pixels[:, 2:] - pixels[:, :2].mean(1, keepdim=True)
        features = functional.relu(self.bn_s1(self.conv_s1(pixels)))
        features = functional.relu(self.bn_s2(self.conv_s2(features)))
        salient = functional.avg_pool2d(torch.maximum(red, blue), 2)
        answer = 2 * self.side(features) + 20 * salient - 7
        return torch.sigmoid(functional.interpolate(answer, size=pixels.shape[2:], mode="bilinear"))


class Answering(nn.Module):
    """A network that gives this number everywhere."""

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.zeros_like(pixels[:, :1]) + self.value


class Still:
    """A background of one picture that needs neither frame nor matte."""

    needs_matte = False

    def __init__(self, image: np.ndarray, is_transparent: bool = False) -> None:
        self.image, self.is_transparent = image, is_transparent
        self.alphas: list[np.ndarray] = []

    def picture(self, frame: Frame, alpha: np.ndarray) -> np.ndarray:  # noqa: ARG002 - the Protocol's shape
        self.alphas.append(alpha)
        return self.image

    def standby(self, height: int, width: int) -> np.ndarray:
        return np.full((height, width, 3), 9, np.uint8)

    def close(self) -> None:
        pass


class Depending(Still):
    """A background that asks for the matte."""

    needs_matte = True


class GraphsInTurn(InTurn):
    """Graphs as CUDA's: the results always lie in the same place, and are made anew from the same inputs."""

    can_capture = True

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.captures = 0

    def capture(self, function: Callable[[], tuple[Tensor, ...]]) -> tuple[tuple[Tensor, ...], Callable[[], None]]:
        self.captures += 1
        results = tuple(each.clone() for each in function())

        def replay() -> None:
            for place, each in zip(results, function(), strict=True):
                place.copy_(each)

        return results, replay


class Counting:
    """A Correction that changes nothing and knows which frames it saw."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.resets = 0

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the Protocol's shape
        self.seen.append(frame.sequence)
        return alpha

    def reset(self) -> None:
        self.resets += 1


def host_steps(corrections: dict[str, Correction] | None = None, stats: Stats | None = None) -> HostSteps:
    """No corrections but these."""
    stats = stats or Stats()
    named = [Causal(name, Correct(each)) for name, each in (corrections or {}).items()]
    steps = [Causal("motion", DetectMotion()), *named, Causal("check", CheckAlpha())]
    return HostSteps(Chain(steps, stats), None, stats, None)


def tiny_network(kind: type[TinyNetwork] = TinyNetwork) -> TinyNetwork:
    """The same numbers each time."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = kind()
        for norm in (network.bn_s1, network.bn_s2):
            nn.init.normal_(norm.running_mean, 0, 0.1)
            nn.init.uniform_(norm.running_var, 0.5, 1.5)
            nn.init.normal_(norm.bias, 0, 0.2)
    return network.eval()


def picture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Patches of colour with noise, BGR uint8."""
    draw = np.random.default_rng(seed)
    patches = draw.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return np.clip(patches + draw.normal(0, 2, patches.shape), 0, 255).astype(np.uint8)


def figure(height: int = HEIGHT, width: int = WIDTH, shift_px: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A red disc over a grey texture, BGR uint8 (H, W, 3), and its alpha, float32 (H, W)."""
    y, x = np.mgrid[:height, :width]
    disc = np.clip(0.35 * height - np.hypot(x - width / 2 - shift_px, y - height / 2) + 0.5, 0, 1).astype(np.float32)
    texture = np.random.default_rng(2).integers(60, 110, (height // 4 + 1, width // 4 + 1, 1))
    room = texture.repeat(4, 0).repeat(4, 1)[:height, :width]
    image = room * (1 - disc[..., None]) + np.float32([40, 50, 200]) * disc[..., None]
    return np.rint(image).astype(np.uint8), disc


def frame(sequence: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Frame:
    """The disc moves from frame to frame, and the camera is noisy."""
    image, _ = figure(height, width, 2 * sequence)
    noise = np.random.default_rng(100 + sequence).normal(0, 1.5, image.shape)
    return Frame(np.clip(image + noise, 0, 255).astype(np.uint8), sequence, 0.0, sequence / 30)


def guided(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The fast colour guided filter as its paper has it, by OpenCV, of the image averaged over 3x3 pixels: float32
    (h, w) → (H, W), below the most that the small alpha has within a work pixel, beyond 0.25."""
    full, window = image.shape[1::-1], (9, 9)
    size = work_size(*image.shape[:2])
    picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    alpha = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    mean, mean_alpha = cv2.blur(picture, window), cv2.blur(alpha, window)
    covariance = np.empty((*alpha.shape, 3, 3), np.float32)
    for row in range(3):
        for column in range(3):
            product = cv2.blur(picture[..., row] * picture[..., column], window)
            covariance[..., row, column] = product - mean[..., row] * mean[..., column] + 1e-4 * (row == column)
    target = cv2.blur(picture * alpha[..., None], window) - mean * mean_alpha[..., None]
    slopes = np.linalg.solve(covariance, target[..., None])[..., 0]
    offset = cv2.blur(mean_alpha - (slopes * mean).sum(-1), window)
    slopes = cv2.resize(cv2.blur(slopes, window), full, interpolation=cv2.INTER_LINEAR)
    calmed = cv2.blur(image, (3, 3)) / np.float32(255)
    answer = (slopes * calmed).sum(-1) + cv2.resize(offset, full, interpolation=cv2.INTER_LINEAR)
    most = ((cv2.dilate(alpha, np.ones((3, 3), np.uint8)) - 0.25) / 0.75).clip(0, 1)
    most = cv2.resize(most, full, interpolation=cv2.INTER_LINEAR).clip(0, 1)
    return np.clip((answer - 0.5) * 1.4 + 0.5, 0, most).astype(np.float32)
