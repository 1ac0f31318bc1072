"""Reading a TOML file of which nothing is known: whatever is in it ends in values or in a SettingsError.

Knows nothing about which settings there are (settings.py). Whichever thread asks.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from livebg.core.errors import SettingsError

LARGEST_BYTES = 64_000  # a file with every setting and a comment on each has a tenth of that
LONGEST_LINE_BYTES = 4_000  # a key of a.a.a.... takes memory by the square of its length: 40 GB for 100 kB


def read_toml(path: Path) -> dict[str, Any]:
    """What the settings file holds. Raises SettingsError."""
    try:
        return tomllib.loads(_read(path))
    except RecursionError as cause:
        raise SettingsError(f"settings file {path} is not valid TOML: it is nested too deeply") from cause
    except ValueError as cause:  # TOML's own, bytes that are no text, numbers of more than 4300 digits
        raise SettingsError(f"settings file {path} is not valid TOML: {cause}") from cause
    except OSError as cause:
        raise SettingsError(f"settings file {path} cannot be read: {cause.strerror}") from cause


def _read(path: Path) -> str:
    """The file's text. A pipe is refused: it would hold the program up."""
    if path.exists() and not path.is_file():
        raise SettingsError(f"settings file {path} is not a plain file; name a file with settings in it")
    with path.open("rb") as stream:
        content = stream.read(LARGEST_BYTES + 1)
    longest = max(map(len, content.split(b"\n")))
    if len(content) > LARGEST_BYTES or longest > LONGEST_LINE_BYTES:
        raise SettingsError(
            f"settings file {path} is no settings file: over {LARGEST_BYTES // 1000} kB, or a line of over "
            f"{LONGEST_LINE_BYTES // 1000} kB; name another"
        )
    return content.decode().replace("\r\n", "\n")
