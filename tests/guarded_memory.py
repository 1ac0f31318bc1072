"""Pictures whose memory ends, or begins, at a page that nobody may touch: who reads beyond them ends the process.

`python guarded_memory.py CODEC ENDING`: encodes such pictures, and prints whether the result is that of plain ones.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from written_films import about

from livebg.core.types import Composite, Image
from livebg.media.video.formats import form_for
from livebg.media.video.types import FilmFrame
from livebg.media.video.writer import Part

PAGE = mmap.PAGESIZE
SIZES = [(96, 160), (100, 182), (36, 50), (124, 338)]  # (height, width): PyAV copies no such picture
_held = []  # a freed page could come back as another's


def guarded(picture: Image, at_end: bool) -> Image:
    """A copy of the picture between two pages without any right. Linux and macOS."""
    pages = -(-picture.size // PAGE)
    memory = mmap.mmap(-1, (pages + 2) * PAGE)
    _held.append(memory)
    first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, pages + 1):
        if ctypes.CDLL(None).mprotect(ctypes.c_void_p(first + page * PAGE), PAGE, 0):
            raise OSError("mprotect")
    begin = PAGE * (pages + 1) - picture.size if at_end else PAGE
    copy = np.frombuffer(memory, np.uint8, picture.size, begin).reshape(picture.shape)
    copy[:] = picture
    return copy


def packets(path: Path, codec: str, pictures: list[Image], height: int, width: int) -> list[bytes]:
    form = form_for(path, "composite", codec, encoder="software")
    made = Part(path, form, about(height=height, width=width))
    for index in range(len(pictures)):
        made.add(Composite(pictures[index]), FilmFrame(index, np.zeros((1, 1, 3), np.uint8)))
        pictures[index] = np.zeros(0, np.uint8)  # from here on the encoder alone holds it
        np.full((height * 3 // 2, width), index, np.uint8)  # takes its memory, if it is free too soon
    made.close()
    with av.open(str(path)) as container:
        return [bytes(each) for each in container.demux(video=0) if each.size]


def main(codec: str, ending: str) -> None:
    random, same = np.random.default_rng(0), True
    with tempfile.TemporaryDirectory() as folder:
        for height, width in SIZES:
            plain = [random.integers(0, 256, (height * 3 // 2, width), np.uint8) for _ in range(14)]
            ways = [[guarded(each, at_end) for each in plain] for at_end in (True, False)]
            made = [packets(Path(folder, f"a{ending}"), codec, each, height, width) for each in (*ways, [*plain])]
            same &= made[0] == made[1] == made[2]
    print("the same" if same else "not the same", flush=True)
    os._exit(0)  # the arrays still lie over their pages


if __name__ == "__main__":
    main(*sys.argv[1:])
