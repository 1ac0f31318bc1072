"""Makes interlaced frames of a video whole, with FFmpeg's bwdif.

Gives as many frames as it gets. Runs in the thread that iterates it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from av.filter import Graph
from av.video.frame import VideoFrame

from livebg.media.tone_map import filter_graph

Tick = TypeVar("Tick")


def made_whole(timed: Iterator[tuple[Tick, VideoFrame]]) -> Iterator[tuple[Tick, VideoFrame]]:
    """Replaces the lines of an interlaced frame's other moment, using the frame, the one before and the one after.

    Each frame says itself whether it is interlaced. If not, it comes out at once, unchanged; else after the next one
    has gone in. The result depends only on a frame and its two neighbours.
    """
    weaver = _Weaver()
    before: VideoFrame | None = None
    waiting: tuple[Tick, VideoFrame] | None = None
    for tick, frame in timed:
        if waiting is not None:
            yield waiting[0], weaver.whole(before, waiting[1], frame)
            before, waiting = waiting[1], None
        if frame.interlaced_frame:
            waiting = tick, frame
        else:
            yield tick, frame
            before = frame
    if waiting is not None:
        yield waiting[0], weaver.whole(before, waiting[1], None)


def whole_frames(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """made_whole() for frames without ticks."""
    return (frame for _, frame in made_whole((None, each) for each in frames))


def whole_at_once(before: VideoFrame | None, frame: VideoFrame) -> VideoFrame:
    """The same for one frame, at once: uses only this frame and the one before."""
    return _Weaver().whole(before, frame, None) if frame.interlaced_frame else frame


class _Weaver:
    """A filter that stays open while interlaced frames follow each other."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._newest: VideoFrame | None = None
        self._kind: tuple[int, int, str] | None = None

    def whole(self, before: VideoFrame | None, frame: VideoFrame, after: VideoFrame | None) -> VideoFrame:
        kind = _kind(frame)
        if self._graph is None or self._newest is not frame or self._kind != kind:
            self._graph, self._kind = filter_graph(frame, "bwdif", mode="send_frame", deint="interlaced"), kind
            if before is not None and _kind(before) == kind:
                before.colorspace, before.color_range = frame.colorspace, frame.color_range  # tags may have changed
                self._graph.vpush(before)
                self._graph.vpush(frame)
                self._graph.vpull()
            else:
                self._graph.vpush(frame)
        is_last = after is None or _kind(after) != kind
        self._graph.vpush(None if is_last else after)
        made = self._graph.vpull()
        made.pts, made.time_base, made.duration = frame.pts, frame.time_base, frame.duration
        self._newest = after
        if is_last:
            self._graph = None
        return made


def _kind(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name
