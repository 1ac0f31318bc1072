"""The composites of a source, or of an iterable of frames, one after the other: `livebg.stream`. Caller's thread."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.keywords import check_stop, in_keywords, plain_values
from livebg.core.settings import OPTIONS, Settings, change, option_name
from livebg.core.threads import Closed
from livebg.core.types import Composite
from livebg.pipeline.session import Composites, Session

NOT_HERE = ("show_camera", "always_on")


def stream(
    source: Any, values: Mapping[str, Any], is_rgb: bool, stop: threading.Event | None
) -> Generator[Composite, None, None]:
    """Composites of a camera ('' for the settings'), clip, picture, address or iterable of frames. Raises SettingsError
    at once; what it opens, it opens at the first next().

    Of what is no camera and no live stream, each frame comes; `pace` changes that.
    """
    check_stop(stop)
    if source is None or isinstance(source, str | os.PathLike):
        settings = change(Settings(), plain_values(_allowed_in_stream(values)))
        named = plain_values({"source": source or settings.source})["source"]
        is_file = bool(named) and "://" not in named
        pace = "every-frame" if is_file and settings.pace == "auto" else settings.pace
        return _of_source(change(settings, {"source": named, "pace": pace}), is_rgb, stop or threading.Event())
    if not isinstance(source, Iterable):
        raise SettingsError(
            f"source={source!r} is neither a name nor an iterable of frames; camera={str(source)!r} names a camera"
        )
    values = {"pace": "every-frame", **values}
    seconds = change(Settings(), plain_values({"seconds": values.pop("seconds", 0.0)})).seconds
    return _of_frames(source, Session(rgb=is_rgb, **values), seconds, stop or threading.Event())


def _of_source(settings: Settings, is_rgb: bool, stop: threading.Event) -> Generator[Composite, None, None]:
    with in_keywords():
        try:
            made = Composites(settings, is_rgb, is_over=stop.is_set)
        except KeyboardInterrupt:  # so capture answers to is_over
            if stop.is_set():
                return
            raise
        with closing(made):
            while not stop.is_set():
                try:
                    composite = made.next()
                except Closed:
                    return
                if composite is not None:
                    yield composite
                ready_at_s = made.ready_at_s
                if settings.seconds and ready_at_s and time.monotonic() >= ready_at_s + settings.seconds:
                    return


def _of_frames(
    frames: Iterable[Any], session: Session, seconds: float, stop: threading.Event
) -> Generator[Composite, None, None]:
    """seconds: from the first composite on; 0: no end."""
    ready_at_s = None
    with session:
        for frame in frames:
            if stop.is_set():
                return
            yield session(frame)
            ready_at_s = ready_at_s or time.monotonic()
            if seconds and time.monotonic() >= ready_at_s + seconds:
                return


def _allowed_in_stream(values: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in values:
        if name in NOT_HERE or (name in OPTIONS and OPTIONS[name].group == "outputs" and name != "hide"):
            raise SettingsError(f"{option_name(name)}: a stream gives composites to you; livebg.run writes to outputs")
    return values
