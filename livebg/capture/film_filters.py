"""What FFmpeg's filters do to a film's decoded frames: interlaced ones made whole, HDR ones made SDR.

Frame in, frame out, as many as came. Knows nothing about files; runs in the thread that iterates it.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av.error
from av.filter import Graph
from av.video.frame import VideoFrame

from livebg.capture import tone_map

Timed = tuple[int, VideoFrame]
DEEP_RGB = "gbrp16le"


def made_whole(timed: Iterator[Timed]) -> Iterator[Timed]:
    """bwdif: the lines of the other moment are made anew from the pictures before and after; a frame that is not
    interlaced passes as it is. A frame comes out when the next has gone in."""
    graph, kind, ticks = None, None, deque[int]()
    for tick, frame in timed:
        seen = (frame.width, frame.height, frame.format.name)
        if graph is None or seen != kind:
            yield from _drained(graph, ticks)
            graph, kind = _graph(frame, "bwdif", mode="send_frame", deint="interlaced"), seen
        ticks.append(tick)
        graph.vpush(frame)
        while (out := _pulled(graph)) is not None:
            yield ticks.popleft(), out
    yield from _drained(graph, ticks)


class ToneMap:
    """HDR → SDR by tone_map's table; frames of DEEP_RGB and of one size in and out."""

    def __init__(self, transfer: int) -> None:
        self._transfer = transfer
        self._graph: Graph | None = None

    def apply(self, rgb: VideoFrame) -> VideoFrame:
        if self._graph is None:
            with tempfile.TemporaryDirectory() as folder:  # lut3d reads it once, when it is made
                table = Path(folder) / "sdr.cube"
                table.write_text(tone_map.cube(self._transfer))
                self._graph = _graph(rgb, "lut3d", file=str(table), interp="tetrahedral")
        self._graph.vpush(rgb)
        return self._graph.vpull()


def _graph(frame: VideoFrame, name: str, **options: str) -> Graph:
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


def _pulled(graph: Graph) -> VideoFrame | None:
    try:
        return graph.vpull()
    except (av.error.BlockingIOError, av.error.EOFError):
        return None


def _drained(graph: Graph | None, ticks: deque[int]) -> Iterator[Timed]:
    if graph is not None:
        graph.vpush(None)
        while ticks and (out := _pulled(graph)) is not None:
            yield ticks.popleft(), out
