"""Far things and soft things: hills in mist, a city at night, lights out of focus, curtains, plain gradients."""

from __future__ import annotations

import cv2
import numpy as np

from studio import lens, noise
from studio.lens import HEIGHT, WIDTH, Array

Colour = tuple[float, float, float]


def ramp(*colours: Colour, power: float = 1.0) -> Array:
    """From top to bottom through these colours, smoothly: linear light (H, W, 3)."""
    place = np.linspace(0, 1, HEIGHT, dtype=np.float32) ** power * (len(colours) - 1)
    low = np.minimum(place.astype(int), len(colours) - 2)
    share = (place - low)[:, None]
    share = share * share * (3 - 2 * share)
    stops = np.array(colours, np.float32)
    column = stops[low] * (1 - share) + stops[low + 1] * share
    return np.repeat(column[:, None], WIDTH, 1)


def mountain_mist() -> lens.Picture:
    """Ridges behind ridges before sunrise, each paler, mist lying between them."""
    light = ramp((0.26, 0.36, 0.54), (0.55, 0.58, 0.66), (1.10, 0.78, 0.56), (1.15, 0.85, 0.66))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light += np.exp(-(((x - 1300) / 700) ** 2 + ((y - 560) / 330) ** 2))[..., None] * np.array(
        (0.85, 0.45, 0.18), np.float32
    )
    near, far = np.array((0.020, 0.040, 0.055)), np.array((0.66, 0.62, 0.66))
    count = 6
    for number in range(count):
        share = number / (count - 1)
        size = 620 - 330 * share
        line = _ridge(size, 100 + number)
        top = 470 + 118 * number + line * (40 + 22 * share)
        depth = (y - top[None, :]) / 1.6
        cover = np.clip(depth, 0, 1)[..., None]
        colour = far * (1 - share) ** 1.25 + near * (1 - (1 - share) ** 1.25)
        trees = 1 + 0.10 * share * noise.flat(HEIGHT, WIDTH, 26, 120 + number, 4)[..., None]
        mist = np.clip((y - top[None, :]) / (250 - 60 * share), 0, 1)[..., None] ** 1.4 * (0.62 - 0.42 * share)
        hill = colour * trees * (1 - mist) + mist * np.array((0.80, 0.72, 0.70))
        light = light * (1 - cover) + hill * cover
        light = lens.blurred(light.astype(np.float32), 2.0 - 0.5 * share)
    return lens.developed(light.astype(np.float32), key=0.36, vignette=0.2, seed=101)


def _ridge(size_px: float, seed: int) -> Array:
    """One line of hills: float32 (W,), deviation 1, up is negative."""
    random, total, x = np.random.default_rng(seed), np.zeros(WIDTH), np.arange(WIDTH)
    for octave in range(8):
        step = size_px / 2**octave
        knots = random.normal(0, 1, int(WIDTH / step) + 4)
        place = x / step + random.random()
        low = place.astype(int)
        share = place - low
        share = share * share * (3 - 2 * share) if octave < 2 else share  # far down a slope is straight
        total += (knots[low] * (1 - share) + knots[low + 1] * share) * 0.44**octave
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def lights(seed: int, count: int, colours: tuple[Colour, ...], low: float, high: float, power: float) -> Array:
    """Points of light (H, W, 3), denser towards the middle of the band low..high (shares of the height)."""
    random = np.random.default_rng(seed)
    light = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for _ in range(count):
        x = int(random.integers(0, WIDTH))
        y = int(np.clip((low + (high - low) * random.beta(2, 2)) * HEIGHT, 0, HEIGHT - 1))
        light[y, x] += np.array(colours[random.integers(len(colours))]) * power * random.lognormal(0, 0.7)
    return light


WARM: tuple[Colour, ...] = (
    (1.0, 0.50, 0.16),
    (1.0, 0.66, 0.34),
    (1.0, 0.40, 0.10),
    (1.0, 0.82, 0.58),
    (0.75, 0.22, 0.10),
)
CITY: tuple[Colour, ...] = (*WARM, (0.55, 0.75, 1.0), (0.9, 0.95, 1.0), (1.0, 0.3, 0.16), (0.35, 0.9, 0.75))


def bokeh_evening() -> lens.Picture:
    """Warm lights far out of focus, three depths of them, on a dark ground."""
    light = ramp((0.030, 0.016, 0.014), (0.060, 0.030, 0.018), (0.022, 0.012, 0.012))
    light *= np.exp(0.5 * noise.flat(HEIGHT, WIDTH, 700, 140, 3))[..., None]
    for number, (count, radius, power) in enumerate(((170, 17, 190), (70, 44, 620), (26, 84, 1300))):
        light += lens.blurred(lights(141 + number, count, WARM, -0.1, 1.0, power), radius)
    return lens.developed(lens.blurred(light, 2.0), key=0.085, bloom=0.16, vignette=0.35, seed=141)


def city_night() -> lens.Picture:
    """A skyline seen from high up through glass: towers of lit windows and streets, all out of focus."""
    random = np.random.default_rng(151)
    light = ramp((0.010, 0.018, 0.045), (0.030, 0.045, 0.085), (0.150, 0.095, 0.085), (0.030, 0.024, 0.030))
    for depth in range(3):
        x = -60
        while x < WIDTH:
            wide, top = int(random.integers(70, 190)), int(random.integers(300, 640) + 95 * depth)
            light[top:, max(0, x) : x + wide] *= np.array((0.42, 0.44, 0.5), np.float32)
            tone = np.array(CITY[random.integers(len(CITY) - 2)])
            for row in range(top + 16, HEIGHT - 20, 19):
                for column in range(max(0, x) + 9, min(WIDTH, x + wide) - 6, 15):
                    if random.random() < 0.16 + 0.10 * depth:
                        light[row : row + 7, column : column + 5] += tone * random.lognormal(-0.4, 0.9)
            x += wide + int(random.integers(0, 60))
    light = lens.blurred(light, 11)
    light += lens.blurred(lights(152, 120, CITY, 0.62, 1.12, 330), 19)
    light += lens.blurred(lights(153, 26, CITY, 0.78, 1.1, 900), 30)
    return lens.developed(light, key=0.085, bloom=0.14, vignette=0.3, seed=151)


def sheer_curtain() -> lens.Picture:
    """Thin white curtains before a bright window: folds that run down, light that comes through."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    sway = 0.012 * np.sin(2.2 * y + 5 * x) + 0.006 * np.sin(5.1 * y + 9 * x + 1)
    folds = np.zeros_like(x)
    for number, wide in enumerate((0.16, 0.075, 0.034, 0.016)):
        row = noise.flat(1, WIDTH, WIDTH * wide, 160 + number, 1)
        at = (x + sway * (1 + 0.3 * number)).clip(0, 1) * (WIDTH - 1)
        folds += cv2.remap(row, at, np.zeros_like(at), cv2.INTER_LINEAR) * (1.0, 0.9, 0.55, 0.3)[number]
    through = np.exp(0.17 * folds)[..., None]
    panes = np.ones_like(x)
    for bar in (0.30, 0.70):
        panes *= 1 - 0.42 * np.exp(-(((x - bar) / 0.012) ** 4))
    panes *= 1 - 0.32 * np.exp(-(((y - 0.36) / 0.018) ** 4))
    window = cv2.GaussianBlur(panes, (0, 0), 16)[..., None] * ramp(
        (1.25, 1.3, 1.35), (1.1, 1.1, 1.08), (0.62, 0.58, 0.53)
    )
    light = window * through * np.array((1.0, 0.975, 0.94), np.float32)
    return lens.developed(lens.blurred(light.astype(np.float32), 4), key=0.6, bloom=0.12, vignette=0.3, seed=160)


def gradient(warm: Colour, dark: Colour, seed: int, key: float) -> lens.Picture:
    """A studio backdrop: one soft light on a seamless ground."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j].astype(np.float32)
    near = np.exp(-(((x - 0.46) * 1.5) ** 2 + ((y - 0.36) * 1.25) ** 2) / 0.16)[..., None]
    ground = 1 - 0.35 * np.clip((y - 0.72) / 0.28, 0, 1)[..., None] ** 2
    light = (np.array(warm, np.float32) * near + np.array(dark, np.float32) * (1 - near)) * ground
    light *= np.exp(0.025 * noise.flat(HEIGHT, WIDTH, 600, seed, 3))[..., None]
    return lens.developed(light.astype(np.float32), key=key, bloom=0, vignette=0.2, grain=1.3, seed=seed)


SKIES = {
    "mountain-mist": mountain_mist,
    "bokeh-evening": bokeh_evening,
    "city-night": city_night,
    "sheer-curtain": sheer_curtain,
    "gradient-dusk": lambda: gradient((0.60, 0.36, 0.27), (0.085, 0.055, 0.095), 171, 0.14),
    "gradient-slate": lambda: gradient((0.36, 0.42, 0.47), (0.05, 0.065, 0.085), 172, 0.19),
}
