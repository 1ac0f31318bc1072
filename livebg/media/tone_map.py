"""HDR → SDR as one table of colours: PQ or HLG code values of BT.2020 in, BT.709 code values for a BT.1886 screen out.

Curves: PQ and HLG of ITU-R BT.2100-2 (tables 4 and 5), a film of 1000 cd/m². The EETF of ITU-R BT.2390-8 (5.4.1) on
the brightest of red, green, blue compresses highlights, so that hue stays; SDR's white is HDR's reference white,
203 cd/m² (ITU-R BT.2408-5), so what is darker than half of it keeps its brightness. Primaries by ITU-R BT.2087;
a colour outside BT.709 moves towards the grey of its brightness, only as far as necessary.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray

PQ, HLG = 16, 18  # transfers, as ITU-T H.273 and FFmpeg number them
DEEP_RGB = "gbrp16le"
NODES = 65  # per side of the table; between nodes FFmpeg interpolates, along the line of greys exactly
PEAK_CD, WHITE_CD = 1000.0, 203.0
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
_LUMA_709 = np.array([0.2126, 0.7152, 0.0722])
TO_709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008350], [-0.018151, -0.100579, 1.118730]]
)

Numbers = NDArray[np.float64]


class ToneMap:
    """HDR → SDR by the table of cube(); frames of DEEP_RGB and of one size in and out."""

    def __init__(self, transfer: int) -> None:
        self._transfer = transfer
        self._graph: Graph | None = None

    def apply(self, rgb: VideoFrame) -> VideoFrame:
        if self._graph is None:
            with tempfile.TemporaryDirectory() as folder:  # lut3d reads it once, at its creation
                table = Path(folder) / "sdr.cube"
                table.write_text(cube(self._transfer))
                self._graph = filter_graph(rgb, "lut3d", file=str(table), interp="tetrahedral")
        self._graph.vpush(rgb)
        return self._graph.vpull()


def filter_graph(frame: VideoFrame, name: str, **options: str) -> Graph:
    """One filter of FFmpeg's, for frames like this one."""
    graph = Graph()
    source = graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base="1/1000",
        colorspace=str(frame.colorspace),
        range=str(frame.color_range),
    )
    graph.link_nodes(source, graph.add(name, **options), graph.add("buffersink"))
    graph.configure()
    return graph


@cache
def cube(transfer: int) -> str:
    """The table for this transfer as a .cube file's text: float, red fastest."""
    steps = np.linspace(0, 1, NODES)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    rows = to_sdr(np.stack([red, green, blue], axis=-1).reshape(-1, 3), transfer)
    return f"LUT_3D_SIZE {NODES}\n" + "".join(f"{r:.6f} {g:.6f} {b:.6f}\n" for r, g, b in rows.tolist())


def to_sdr(codes: Numbers, transfer: int) -> Numbers:
    """HDR's code values (n, 3) R'G'B' in 0..1 → SDR's, float (n, 3) in 0..1."""
    light_cd = pq_light_cd(codes) if transfer == PQ else hlg_light_cd(codes)
    brightest_cd = np.maximum(light_cd.max(axis=-1, keepdims=True), 1e-6)
    light = light_cd * (pressed_cd(brightest_cd) / brightest_cd) / WHITE_CD
    return into_gamut(light @ TO_709.T) ** (1 / 2.4)


def pq_light_cd(codes: Numbers) -> Numbers:
    root = codes ** (1 / _M2)
    return np.asarray(10000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1))


def pq_code(light_cd: Numbers | float) -> Numbers:
    root = (np.asarray(light_cd) / 10000) ** _M1
    return np.asarray(((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2)


def hlg_light_cd(codes: Numbers) -> Numbers:
    """Light on a screen of PEAK_CD, whose system gamma is 1.2."""
    scene = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - _C) / _A) + _B) / 12)
    return np.asarray(PEAK_CD * np.maximum(scene @ _LUMA_2020, 1e-9)[..., None] ** 0.2 * scene)


def pressed_cd(light_cd: Numbers) -> Numbers:
    """The EETF from 0..PEAK_CD to 0..WHITE_CD: a straight line, and from the knee on a Hermite spline."""
    peak = pq_code(PEAK_CD)
    code, white = np.minimum(pq_code(light_cd) / peak, 1), pq_code(WHITE_CD) / peak
    knee = 1.5 * white - 0.5
    t = np.clip((code - knee) / (1 - knee), 0, 1)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return pq_light_cd(np.where(code < knee, code, spline) * peak)


def into_gamut(light: Numbers) -> Numbers:
    """Linear BT.709 (n, 3) of any values → 0..1, hue and, below white, brightness kept."""
    grey = np.clip(light @ _LUMA_709, 0, 1)[..., None]
    away = light - grey
    room = np.where(away < 0, grey, 1 - grey)  # how far each component may be from grey
    share = np.min(room / np.maximum(np.abs(away), 1e-12), axis=-1, keepdims=True)
    return np.asarray(np.clip(grey + np.minimum(share, 1) * away, 0, 1))
