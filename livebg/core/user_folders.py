"""Where this user's settings, models and marks lie. Knows nothing about what is in them."""

from __future__ import annotations

import os
from pathlib import Path

from livebg.core.errors import LivebgError


def config_folder() -> Path:
    """A user without a home has none: a path where nothing can be, then."""
    import platformdirs

    try:
        return platformdirs.user_config_path("livebg")
    except RuntimeError:
        return Path(os.devnull, "livebg")


def cache_folder() -> Path:
    """Raises LivebgError."""
    import platformdirs

    try:
        return platformdirs.user_cache_path("livebg")
    except RuntimeError as cause:
        raise LivebgError(
            "this user has no home folder to keep models in; name a folder by the environment variable HOME or "
            "XDG_CACHE_HOME"
        ) from cause


def state_folder() -> Path:
    """As cache_folder, for marks; the cache where there is no other."""
    import platformdirs

    try:
        return platformdirs.user_state_path("livebg")
    except RuntimeError:
        return cache_folder()
