"""Whether existing outputs are complete, so that --skip-existing may skip them. Caller's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from livebg.core.errors import SourceError

log = logging.getLogger(__name__)

NEAR_SHARE, NEAR_S = 0.95, 0.5  # of the length that a file states: its last picture must begin after this


def are_done(outputs: Sequence[Path], fault_of: Callable[[Path], str]) -> bool:
    """Whether all exist and are complete. Logs an incomplete one: only --force overwrites it."""
    if not all(each.exists() for each in outputs):
        return False
    faults = [(each, fault) for each in outputs if (fault := fault_of(each))]
    for each, fault in faults:
        log.warning("output %s is there, but is not whole (%s): remove it, or overwrite it with --force", each, fault)
    return not faults


def fault_of_picture(path: Path) -> str:
    """Why it is no complete picture; '' if it is one."""
    from livebg.media.image.photo import read_photo

    try:
        read_photo(path)
    except SourceError as failure:
        return str(failure)
    return ""


def fault_of_film(path: Path) -> str:
    """Why it is no complete film, animation or folder of pictures with a list of times; '' if it is one."""
    from livebg.media.video.sequences import LIST_NAME

    if path.is_dir():
        return "" if (path / LIST_NAME).exists() else f"it is a folder without {LIST_NAME}"
    if path.suffix.lower() == ".webp":  # FFmpeg reads no animated one
        return fault_of_picture(path)
    import av
    import av.error

    from livebg.media.video.open import best_stream, length_s, open_media

    try:
        with closing(open_media(str(path), path.name, is_stream=False)) as container:
            stream, last_s, packets = best_stream(container, path.name), 0.0, 0
            claimed_s = length_s(container, stream) or (container.duration or 0) / av.time_base
            for packet in container.demux():
                if packet.is_corrupt:
                    return "it is cut off amid a frame"
                if packet.stream is not stream:
                    continue
                packets += packet.size > 0
                if packet.pts is not None and packet.time_base:
                    last_s = max(last_s, float(packet.pts * packet.time_base))
    except (SourceError, av.error.FFmpegError) as failure:
        return str(failure)
    if packets < stream.frames:  # 0 if the container does not say
        return f"it holds {packets} of {stream.frames} frames"
    if last_s < NEAR_SHARE * claimed_s - NEAR_S:
        return f"it ends after {last_s:.1f} s of {claimed_s:.1f} s"
    return ""
