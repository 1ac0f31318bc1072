"""Outputs that copying alone cannot join: a folder of PNG pictures, an animated GIF or WebP.

Writes pictures as the parts hold them, with a list of their times for players; encodes GIF and WebP from the parts,
which are lossless. Memory does not grow with the film. Runs in the thread that calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.filter import Graph

from livebg.media.video.animation import WebpAnimation
from livebg.media.video.formats import Form
from livebg.media.video.span import period_of
from livebg.media.video.types import FilmInfo, Ticks

if TYPE_CHECKING:
    from livebg.media.video.segment_reader import Packet

LIST_NAME = "times.ffconcat"
_GIF_UNITS_PER_S, _LEAST_GIF_UNITS = 100, 2  # browsers show a GIF's picture of 1/100 s for ten times as long
_MS = Fraction(1, 1000)
# A palette for each picture: a single one would need all pictures first.
_PALETTE = "stats_mode=single:reserve_transparent=1"
_PALETTE_USE = "new=1:alpha_threshold=128"


def write_pictures(packets: Iterator[Packet], ticks: Ticks, form: Form, info: FilmInfo, target: Path) -> list[str]:
    """A folder with one PNG per frame and a list of their times, which FFmpeg and programs built on it can play."""
    target.mkdir()
    lasts_s = np.append(np.diff(ticks) * float(info.time_base), float(period_of(info)))
    with open(target / LIST_NAME, "w", encoding="utf-8") as listing:
        listing.write("ffconcat version 1.0\n")
        for count, packet in enumerate(packets, start=1):
            name = form.picture_name % count
            (target / name).write_bytes(packet)
            listing.write(f"file '{_quoted(name)}'\nduration {lasts_s[count - 1]:.9f}\n")
    return [f"{len(ticks)} pictures in a folder; {LIST_NAME} in it holds their times"]


def write_webp(packets: Iterator[Packet], ticks: Ticks, form: Form, info: FilmInfo, target: Path) -> list[str]:
    """Repeats for ever; times in ms."""
    times = _units(ticks, info, _MS)
    encoder = av.CodecContext.create("libwebp", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = info.width, info.height, "bgra", _MS
    encoder.options = {"quality": str(form.quality), "compression_level": "3"}
    with open(target, "wb") as stream:
        animation = WebpAnimation(stream, info.width, info.height, has_alpha=form.has_alpha)
        for index, frame in enumerate(_frames(packets)):
            frame.pts, frame.time_base = index, _MS
            for packet in encoder.encode(frame):
                animation.add(bytes(packet), int(times[index + 1] - times[index]))
        animation.close()
    return _lost(form, info)


def write_gif(packets: Iterator[Packet], ticks: Ticks, form: Form, info: FilmInfo, target: Path) -> list[str]:
    """Repeats for ever; times in 1/100 s, so it leaves out frames faster than every second unit, and notes that."""
    unit = Fraction(1, _GIF_UNITS_PER_S)
    times = _units(ticks, info, unit)
    options = {"loop": "0", "final_delay": str(max(_LEAST_GIF_UNITS, int(times[-1] - times[-2])))}
    kept, last = 0, -_LEAST_GIF_UNITS
    with av.open(f"file:{target}", "w", format="gif", container_options=options) as output:
        stream = output.add_stream("gif", rate=_GIF_UNITS_PER_S)
        stream.codec_context.width, stream.codec_context.height = info.width, info.height
        stream.codec_context.pix_fmt, stream.codec_context.time_base = "pal8", unit
        for index, frame in enumerate(_with_palettes(_frames(packets), info)):
            at = int(times[index])
            if at - last < _LEAST_GIF_UNITS:
                continue
            kept, last = kept + 1, at
            frame.pts, frame.time_base = at, unit
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    left_out = len(ticks) - kept
    too_fast = [f"{left_out} pictures of {len(ticks)} are left out: GIF shows 50 a second at most"] if left_out else []
    return [*too_fast, *_lost(form, info)]


def _units(ticks: Ticks, info: FilmInfo, unit: Fraction) -> Ticks:
    """When each frame begins, and when the last one ends, in whole units from the first frame."""
    ratio = info.time_base / unit
    ends = int(ticks[-1]) + round(period_of(info) / info.time_base)
    times: Ticks = np.rint((np.append(ticks, ends) - ticks[0]) * float(ratio)).astype(np.int64)
    return times


def _lost(form: Form, info: FilmInfo) -> list[str]:
    if info.pixel_aspect == 1:
        return []
    return [f"pixels are {info.pixel_aspect} as wide as high, which {form.suffix[1:]} cannot say"]


def _with_palettes(frames: Iterator[av.VideoFrame], info: FilmInfo) -> Iterator[av.VideoFrame]:
    graph = Graph()
    source = graph.add_buffer(width=info.width, height=info.height, format=av.VideoFormat("bgra"), time_base=_MS)
    split, generate = graph.add("split"), graph.add("palettegen", _PALETTE)
    use, sink = graph.add("paletteuse", _PALETTE_USE), graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(generate, 1, 0)
    generate.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for index, frame in enumerate(frames):
        frame.pts, frame.time_base = index, _MS
        graph.vpush(frame)
        yield from _pulled(graph)
    graph.vpush(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _frames(packets: Iterator[Packet]) -> Iterator[av.VideoFrame]:
    for packet in packets:
        stream = packet.stream
        assert isinstance(stream, av.VideoStream)
        yield from stream.decode(packet)


def _quoted(name: str) -> str:
    return name.replace("'", "'\\''")
