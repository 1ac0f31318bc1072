"""What FFmpeg's filters do to a film's decoded frames: interlaced ones are made whole.

Frame in, frame out, as many as came. Knows nothing about files; runs in the thread that iterates it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import av.error
from av.filter import Graph
from av.video.frame import VideoFrame

from livebg.tone_map import filter_graph

Timed = tuple[int, VideoFrame]


def made_whole(timed: Iterator[Timed]) -> Iterator[Timed]:
    """bwdif: the lines of the other moment are made anew from the pictures before and after; a frame that is not
    interlaced passes as it is. A frame comes out when the next has gone in."""
    graph, kind, ticks = None, None, deque[int]()
    for tick, frame in timed:
        seen = (frame.width, frame.height, frame.format.name)
        if graph is None or seen != kind:
            yield from _drained(graph, ticks)
            graph, kind = filter_graph(frame, "bwdif", mode="send_frame", deint="interlaced"), seen
        ticks.append(tick)
        graph.vpush(frame)
        while (out := _pulled(graph)) is not None:
            yield ticks.popleft(), out
    yield from _drained(graph, ticks)


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
