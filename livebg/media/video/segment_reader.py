"""Reads a film's parts: their packets, one a frame, in order. Runs in the thread that iterates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core.errors import SinkError
from livebg.media.video.open import open_file

if TYPE_CHECKING:
    import av
    from av.stream import Stream

    Packet = av.Packet[Stream]


def read(parts: Sequence[Path], count: int, named: Path) -> Iterator[Packet]:
    """The packets of all parts in order, one a frame. Raises SinkError, which names the user's file, if the parts
    are not a film of `count`."""
    header, seen = None, 0
    for index, path in enumerate(parts):
        with open_file(path) as part:
            stream = part.streams.video[0]
            stream.thread_type = "SLICE"  # the decoder returns each picture at once
            header = stream.codec_context.extradata if index == 0 else header
            if stream.codec_context.extradata != header:
                raise SinkError(
                    f"output {named}: part {path.name} was encoded otherwise than the first one; begin again without "
                    "--resume"
                )
            for packet in part.demux([stream]):
                if packet.size:
                    seen += 1
                    if seen <= count:
                        yield packet
    if seen != count:
        raise SinkError(f"output {named}: its parts hold {seen} pictures of {count}; begin again without --resume")
