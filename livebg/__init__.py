"""livebg: a real-time virtual background. The public API: `matte`, `composite`, `run`. Nothing heavy loads at import.

Pictures are BGR uint8 (H, W, 3), as OpenCV has them, or files; an alpha is float32 (H, W) in 0..1. Keyword arguments
are livebg's settings by name (`engine="selfie"`, `background="blur"`); wrong ones raise SettingsError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livebg.core.errors import LivebgError
from livebg.core.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from livebg.core.types import Composite, Image, Matte
    from livebg.pipeline.live.run import Report

__version__ = VERSION
__all__ = ["LivebgError", "__version__", "composite", "matte", "run"]


def matte(image: Image | str | Path, **settings: Any) -> Matte:
    """The alpha of one picture, or of the one in a file, at its own size: what `livebg image --what matte` writes.

    Raises LivebgError.
    """
    from livebg.pipeline.photo import api

    return api.matte(image, settings)


def composite(image: Image | str | Path, **settings: Any) -> Image:
    """One picture in front of another background: BGR uint8; with background="none" BGRA uint8 (H, W, 4), straight."""
    from livebg.pipeline.photo import api

    return api.composite(image, settings)


def run(on_composite: Callable[[Composite], None], **settings: Any) -> Report:
    """The live loop: calls `on_composite` for every frame until the source ends, `seconds` are over, or it raises.

    Besides the callback the composites go where `to` says; nowhere by default.
    """
    from livebg.core.settings import Settings, change
    from livebg.pipeline.live import run as app
    from livebg.sinks.callback import CallbackSink

    return app.run(change(Settings(), settings), [CallbackSink(on_composite)])
