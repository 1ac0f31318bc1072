"""Where this user's settings, models and marks lie."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from livebg.core.errors import LivebgError


def config_folder() -> Path:
    """Of settings. For a user without a home folder: a path where nothing can exist."""
    import platformdirs

    try:
        return platformdirs.user_config_path("livebg")
    except RuntimeError:
        return Path(os.devnull, "livebg")


def cache_folder() -> Path:
    """Of models. Raises LivebgError for a user without a home folder."""
    import platformdirs

    try:
        return platformdirs.user_cache_path("livebg")
    except RuntimeError as cause:
        raise LivebgError(
            "this user has no home folder to keep models in; name a folder by the environment variable HOME or "
            "XDG_CACHE_HOME"
        ) from cause


def videos_folder() -> Path:
    """Of videos, as the desktop names it; it need not exist. Raises LivebgError for a user without a home folder."""
    import platformdirs

    try:
        return platformdirs.user_videos_path()
    except RuntimeError as cause:
        raise LivebgError("this user has no home folder to keep videos in; name a file") from cause


def runtime_folder() -> Path:
    """Of what says where a running livebg can be reached; it need not exist."""
    own = os.environ.get("XDG_RUNTIME_DIR")
    if own:
        return Path(own, "livebg")
    user = getattr(os, "getuid", lambda: "user")()  # Windows and macOS have a temporary folder for each user
    return Path(tempfile.gettempdir(), f"livebg-{user}")


def state_folder() -> Path:
    """As cache_folder(), for marks; the cache where the system has no state folder."""
    import platformdirs

    try:
        return platformdirs.user_state_path("livebg")
    except RuntimeError:
        return cache_folder()


def data_folder() -> Path:
    """As cache_folder(), for what the user has added, such as backgrounds."""
    import platformdirs

    try:
        return platformdirs.user_data_path("livebg")
    except RuntimeError:
        return cache_folder()
