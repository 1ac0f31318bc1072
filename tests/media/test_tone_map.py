"""HDR to SDR: greys stay grey and in order, white is where it was meant to be, hues stay."""

from __future__ import annotations

import colorsys

import av
import numpy as np
import pytest

from livebg.media.tone_map import (
    HLG,
    PEAK_CD,
    PQ,
    TO_709,
    cube,
    filter_graph,
    hlg_light_cd,
    pq_code,
    pq_light_cd,
    pressed_cd,
    to_sdr,
)


def grey(*codes: float) -> np.ndarray:
    return np.repeat(np.array(codes)[:, None], 3, axis=1)


def test_curves_at_the_values_that_the_standards_name() -> None:
    assert pq_code(np.array([0.0, 100.0, 203.0, 1000.0, 10000.0])) == pytest.approx(
        [0, 0.508, 0.581, 0.752, 1], abs=1e-3
    )
    assert pq_light_cd(pq_code(np.array([1.0, 203.0, 4000.0]))) == pytest.approx([1, 203, 4000])
    # BT.2408: HLG's reference white of 75 % is 203 cd/m2 on a screen of 1000.
    assert hlg_light_cd(grey(0.75, 1.0))[:, 0] == pytest.approx([203, PEAK_CD], rel=0.01)


def test_dark_half_is_kept_and_highlights_are_pressed_into_white() -> None:
    assert pressed_cd(np.array([0.1, 26.0, 80.0])) == pytest.approx([0.1, 26, 80], rel=1e-6)
    assert pressed_cd(np.array([PEAK_CD, 5000.0])) == pytest.approx([203, 203])


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_grey_ramp_stays_grey_and_in_order(transfer: int) -> None:
    ramp = to_sdr(grey(*np.linspace(0, 1, 200)), transfer)
    assert np.ptp(ramp, axis=1).max() < 0.5 / 255
    assert np.diff(ramp[:, 1]).min() >= -1e-9
    assert (ramp[0].max(), ramp[-1].min()) == pytest.approx((0, 1), abs=1e-3)


@pytest.mark.parametrize(("transfer", "white"), [(PQ, 0.5807), (HLG, 0.75)])
def test_reference_white_is_nearly_white(transfer: int, white: float) -> None:
    assert to_sdr(grey(white), transfer)[0] * 255 == pytest.approx([230] * 3, abs=1)


@pytest.mark.parametrize("light_cd", [20.0, 80.0, 203.0, 600.0])
@pytest.mark.parametrize(
    "colour", [(1, 0.1, 0.1), (1, 0.6, 0.3), (0.1, 1, 0.1), (0.1, 0.9, 1), (0.1, 0.1, 1), (1, 0, 1)]
)
def test_colours_stay_in_hue_and_dark_ones_as_they_are(colour: tuple[float, ...], light_cd: float) -> None:
    light = light_cd * np.array([colour])
    seen = to_sdr(pq_code(np.maximum(light @ np.linalg.inv(TO_709).T, 0)), PQ)[0] ** 2.4  # as a screen shows it
    hue, seen_hue = colorsys.rgb_to_hsv(*light[0])[0], colorsys.rgb_to_hsv(*seen)[0]
    assert abs((seen_hue - hue + 0.5) % 1 - 0.5) * 360 < 1
    if light_cd <= 80:
        assert seen * 203 == pytest.approx(light[0], abs=0.05)


def test_colours_beyond_bt709_are_no_greyer_than_they_must_be() -> None:
    codes = np.array([(0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5), (0.5, 0.5, 0)])
    seen = to_sdr(codes, PQ)
    assert seen.min(axis=1) == pytest.approx([0] * 4, abs=1e-6)
    assert seen.argmax(axis=1).tolist()[:3] == [0, 1, 2]


@pytest.mark.slow
def test_the_table_is_a_cube_file_red_fastest() -> None:
    head, *rows = cube(PQ).splitlines()
    nodes = int(head.removeprefix("LUT_3D_SIZE "))
    assert len(rows) == nodes**3
    half = [float(each) for each in rows[nodes // 2].split()]
    assert half[0] > half[1]


def test_one_filter_for_frames_like_this_one() -> None:
    frame = av.VideoFrame.from_ndarray(np.random.default_rng(1).integers(0, 256, (8, 16), np.uint8), format="gray")
    graph = filter_graph(frame, "lut", y="255-val")
    graph.vpush(frame)
    assert (graph.vpull().to_ndarray() == 255 - frame.to_ndarray()).all()
