"""`livebg plate`: asks the person to leave the picture, photographs the empty room, checks it, writes it.

matting/plate/ uses the result. Loads OpenCV when called. Caller's thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from livebg.capture import open_source
from livebg.core.errors import ModelError, SourceError
from livebg.core.opencv import load_opencv
from livebg.core.same_file import check_inputs_kept
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame, FrameSource, Image

TAKE_S = 2.0  # how long it films the room
PICTURES = 15  # evenly from that time: their median is free of noise, and of a fly
SILENCE_S = 5.0  # a source without a frame for this long has failed
DARKEST_LEVELS = 10.0  # mean brightness of a covered lens is below it
MOVED_LEVELS = 12.0  # a moved pixel of the small picture differs this much from the median: far above noise and flicker
MOVED_SHARE = 0.004  # of the picture in any one frame; a moving person is several times that
SEEN_SHARE = 0.01  # of the picture that a network may take for a person


def make_plate(settings: Settings, path: Path, wait_s: float, is_forced: bool) -> Iterator[str]:
    """Yields lines to print while it works; afterwards `path` contains the empty room (PNG, permissions 0600).

    wait_s: the time to leave the picture, by the source's own clock. Raises SourceError (the source fails; somebody or
    something moves; the picture is black), SinkError (the file).
    """
    load_opencv()
    from livebg.media.output_lock import writing
    from livebg.pipeline.plate_file import check_target, save_plate

    check_target(path, is_forced)
    check_inputs_kept([path], settings)
    with writing(path):
        source = open_source(settings)
        try:
            yield f"{source.info.name}: please leave the picture, and leave all else as it is"
            yield from _count_down(source, wait_s)
            yield f"hold on: looking at the empty room for {TAKE_S:g} s"
            frames = _take(source)
        finally:
            source.close()
        plate = median_picture([frame.image for frame in frames])
        _check(plate, frames)
        unknown = _doubt_of_emptiness(frames)
        if unknown:
            yield unknown
        save_plate(path, plate, is_forced)
        what = f"the {'room as it was seen' if unknown else 'empty room'}, {plate.shape[1]}x{plate.shape[0]}"
        yield f"{path}: {what}, the median of {len(frames)} frames; only you may read it"
        yield f"use it while the camera stays where it is: livebg run --plate {path}"


def _read(source: FrameSource) -> Frame:
    """The next frame. Raises SourceError if there is none."""
    try:
        frame = source.read(SILENCE_S)
    except EndOfSource:
        raise SourceError(
            f"{source.info.name} ended before the room was seen for {TAKE_S:g} s; give a longer one or a shorter --wait"
        ) from None
    if frame is None:
        raise SourceError(f"{source.info.name} gave no picture for {SILENCE_S:g} s; is another program using it?")
    return frame


def _count_down(source: FrameSource, wait_s: float) -> Iterator[str]:
    """Reads and drops frames, so that the camera adapts its exposure to the room without the person."""
    frame = _read(source)
    begun_s, shown_s = frame.media_time_s, math.inf
    while (left_s := wait_s - (frame.media_time_s - begun_s)) > 0:
        if math.ceil(left_s) < shown_s:
            shown_s = math.ceil(left_s)
            yield f"{shown_s} ..."
        frame = _read(source)


def _take(source: FrameSource) -> Sequence[Frame]:
    """PICTURES frames from the next TAKE_S, or all if the source gives fewer."""
    frame = _read(source)
    frames, begun_s = [frame], frame.media_time_s
    while len(frames) < PICTURES and frame.media_time_s - begun_s < TAKE_S:
        frame = _read(source)
        if frame.media_time_s - begun_s >= len(frames) * TAKE_S / PICTURES:
            frames.append(frame)
    return frames


def median_picture(images: Sequence[Image]) -> Image:
    """The lower median of each value: BGR uint8 (H, W, 3) each → BGR uint8 (H, W, 3). In blocks of rows, for memory."""
    rows = max(1, 1_000_000 // images[0][0].size)
    middle = (len(images) - 1) // 2
    parts = []
    for top in range(0, images[0].shape[0], rows):
        stack = np.stack([each[top : top + rows] for each in images])
        parts.append(np.partition(stack, middle, axis=0)[middle])
    return np.concatenate(parts)


def _check(plate: Image, frames: Sequence[Frame]) -> None:
    """Raises SourceError if the picture is black or something moved in it."""
    brightness = float(plate.mean())
    if brightness < DARKEST_LEVELS:
        raise SourceError(
            f"the picture is almost black (brightness {brightness:.0f} of 255): open the camera's cover or switch the "
            "light on, then do it again"
        )
    from livebg.core.resize import shrink, small_size

    width, height = small_size(*plate.shape[:2])
    small = shrink(Frame(plate, 0, 0.0, 0.0), width, height).astype(np.float32)
    share = max(_moved_share(small, shrink(frame, width, height)) for frame in frames)
    if share > MOVED_SHARE:
        raise SourceError(
            f"something moved while the room was looked at (up to {share:.1%} of the picture): stay out of it, switch "
            "off screens and fans in view, see that the camera does not shake, then do it again; --wait gives more time"
        )


def _moved_share(small: np.ndarray, image: Image) -> float:
    """Share of the picture that differs from the plate, 0..1, apart from exposure and colour balance.

    small: float32 (h, w, 3); image: BGR uint8 (h, w, 3).
    """
    import cv2

    gain = (small.mean(axis=(0, 1)) + 1) / (image.mean(axis=(0, 1)) + 1)
    change = cv2.GaussianBlur(np.abs(image * gain - small).max(axis=2), (3, 3), 0)
    return float((change > MOVED_LEVELS).mean())


def _doubt_of_emptiness(frames: Sequence[Frame]) -> str:
    """A warning that the room may not be empty, or that livebg could not check; '' if no frame shows anybody. The
    network is often wrong about chairs, so this is never an error."""
    from livebg.models.selfie.engine import SelfieEngine
    from livebg.models.selfie.model_file import model_file

    shape = "landscape" if frames[0].width > frames[0].height else "square"
    try:
        engine = SelfieEngine(model_file(shape), shape, "plate")
        share = max(float((engine.matte(each).values > 0.5).mean()) for each in frames)
    except ModelError as cause:
        return f"nobody looked whether somebody is in the picture ({cause}); look at it yourself"
    if share <= SEEN_SHARE:
        return ""
    return (
        f"up to {share:.0%} of the picture may be a person. If that is a chair or a poster, all is well; if it is you, "
        "do it again with a longer --wait"
    )
