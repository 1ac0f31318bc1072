"""livebg: a real-time virtual background, for programs. Nothing heavy loads at import.

For pictures: `matte`, `composite`, `mattes`. For frames: `Session` (your own), `stream` (a source's), `run` (the live
loop, with outputs). Pictures are BGR uint8 (H, W, 3), as OpenCV has them, or RGB with rgb=True; an alpha is float32
(H, W) in 0..1. Keyword arguments are livebg's settings by name (`engine="selfie"`, `background="blur"`), SettingsDict
has them all; wrong ones raise SettingsError.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from livebg.core.errors import (
    BackgroundError,
    LivebgError,
    ModelError,
    SettingsError,
    SinkError,
    SourceError,
)
from livebg.core.version import VERSION

if TYPE_CHECKING:
    from os import PathLike
    from typing import TypeAlias, Unpack

    from numpy.typing import NDArray
    from PIL.Image import Image as PilImage

    from livebg.core.engines import MattingEngine
    from livebg.core.settings import Settings
    from livebg.core.settings_dict import SettingsDict, StreamSettings
    from livebg.core.types import Alpha, Background, Composite, Frame, FrameSink, Image, Matte, SourceInfo
    from livebg.pipeline.live.run import Report
    from livebg.pipeline.session import Session

    Picture: TypeAlias = NDArray[Any] | str | PathLike[str] | PilImage  # OpenCV's stubs leave an array's kind open

__version__ = VERSION
_LATER = {  # loaded when somebody asks for them
    "MattingEngine": "core.engines",
    "Session": "pipeline.session",
    "Settings": "core.settings",
    "SettingsDict": "core.settings_dict",
    **dict.fromkeys(("Alpha", "Background", "Composite", "Frame", "FrameSink", "SourceInfo"), "core.types"),
    "Report": "pipeline.live.run",
}
__all__ = [
    "Alpha",
    "Background",
    "BackgroundError",
    "Composite",
    "Frame",
    "FrameSink",
    "LivebgError",
    "MattingEngine",
    "ModelError",
    "Report",
    "Session",
    "Settings",
    "SettingsDict",
    "SettingsError",
    "SinkError",
    "SourceError",
    "SourceInfo",
    "__version__",
    "composite",
    "matte",
    "mattes",
    "run",
    "stream",
]


if not TYPE_CHECKING:  # else a type checker would take any name

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module 'livebg' has no attribute {name!r}")
        if _LATER[name].startswith("pipeline"):
            from livebg.core.opencv import load_opencv

            load_opencv()
        return getattr(importlib.import_module(f"livebg.{_LATER[name]}"), name)


def __dir__() -> list[str]:
    return __all__


def matte(image: Picture, *, rgb: bool = False, **settings: Unpack[SettingsDict]) -> Matte:
    """The alpha of one picture, float32 (H, W) in 0..1 at its own size: what `livebg image --what matte` writes.

    image: an array, the path of a file (livebg turns it upright), or a Pillow image (as it lies). rgb: arrays are in
    the order RGB. Raises LivebgError.
    """
    from livebg.pipeline.photo import api

    return api.matte(image, settings, rgb)


def mattes(images: Iterable[Picture], *, rgb: bool = False, **settings: Unpack[SettingsDict]) -> Iterator[Matte]:
    """The alphas of many pictures, in order, one whenever you ask for the next; the next file is read meanwhile.

    Raises SettingsError at once, LivebgError at the picture that fails, which it names.
    """
    from livebg.pipeline.photo import api

    return api.mattes(images, settings, rgb)


def composite(image: Picture, *, rgb: bool = False, **settings: Unpack[SettingsDict]) -> Image:
    """One picture in front of another background: BGR uint8 (H, W, 3); with background="none" BGRA uint8 (H, W, 4),
    straight alpha. image, rgb: as in matte(); with rgb the result is RGB, RGBA. Raises LivebgError."""
    from livebg.pipeline.photo import api

    return api.composite(image, settings, rgb)


def stream(
    source: Iterable[NDArray[Any]] | str | PathLike[str] | None = None,
    *,
    rgb: bool = False,
    stop: threading.Event | None = None,
    **settings: Unpack[StreamSettings],
) -> Generator[Composite, None, None]:
    """The composites of a camera (without a source: the one that `camera` names), a video, a picture, a stream's
    address, 'synthetic', or an iterable of your own frames.

    Each frame of a file or an iterable comes, as fast as you take them (pace="own": at its own speed, late ones are
    dropped); a camera and a live stream give the newest. It ends with the source, after `seconds`, once `stop` is set,
    or when you leave the loop; then all is closed. Raises SettingsError at once, LivebgError later.
    """
    from livebg.core.keywords import in_keywords
    from livebg.core.opencv import load_opencv

    with in_keywords():
        load_opencv()
        from livebg.pipeline.stream import stream

        return stream(source, settings, rgb, stop)


def run(
    on_composite: Callable[[Composite], None],
    *,
    rgb: bool = False,
    stop: threading.Event | None = None,
    **settings: Unpack[SettingsDict],
) -> Report:
    """The live loop: calls `on_composite` for every frame until the source ends, `seconds` are over, `stop` is set, by
    any thread or by `on_composite` itself, or that raises.

    Besides the callback the composites go where `to` says; nowhere by default. In the main thread, Ctrl-C and SIGTERM
    end the loop, too, and run returns; in another thread, signals stay the program's own. Raises LivebgError.
    """
    from livebg.core.keywords import check_stop, in_keywords, plain_values
    from livebg.core.settings import Settings, change

    with in_keywords():
        if not callable(on_composite):
            raise SettingsError(
                f"on_composite: a {type(on_composite).__name__} is no function; give one of a composite"
            )
        check_stop(stop)
        wanted = change(Settings(), plain_values(settings))
        from livebg.core.opencv import load_opencv

        load_opencv()
        from livebg.pipeline.live import run as app
        from livebg.sinks.callback import CallbackSink

        try:
            return app.run(wanted, [CallbackSink(on_composite, rgb)], stop=stop)
        except KeyboardInterrupt:
            if stop is not None and stop.is_set():
                raise LivebgError("stopped before the source was open") from None
            raise
