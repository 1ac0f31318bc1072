"""The libraries that only the rmbg engine needs: which of them are missing here, and the command that installs those.

An installation may leave them out (livebg help install). Loads none of them. Any thread.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata
from importlib.util import find_spec

from livebg.core.errors import ModelError

ONLY_FOR_RMBG: Mapping[str, Sequence[str]] = {  # package → the modules that livebg imports out of what it brings
    "torch": ("torch",),
    "transformers": ("huggingface_hub", "safetensors"),
    "openvino": ("openvino",),
}
NEEDED = ("torch", "transformers")  # without openvino, torch runs the network


def missing() -> list[str]:
    """The packages that this installation lacks, of ONLY_FOR_RMBG."""
    return [package for package, modules in ONLY_FOR_RMBG.items() if not all(map(_is_here, modules))]


def obstacle(needed: Collection[str] = NEEDED) -> str:
    """'torch is not installed', 'torch, transformers are not installed', or ''."""
    lacking = [each for each in missing() if each in needed]
    return f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed" if lacking else ""


def check(needed: Collection[str] = NEEDED) -> None:
    """Raises ModelError, with the command, where one of these packages is missing."""
    if absent := obstacle(needed):
        raise ModelError(f"rmbg cannot run: {absent}; to install all it needs: {command(missing())}")


def command(packages: Sequence[str]) -> str:
    """What installs these packages beside livebg, in the versions that it needs: one line for a terminal."""
    python = _quoted(sys.executable)
    # An environment that uv made has no pip.
    tool = f"{python} -m pip install" if _is_here("pip") else f"uv pip install --python {python}"
    return " ".join([tool, *(_quoted(_requirement(each)) for each in packages)])


def _requirement(package: str) -> str:
    """As livebg's own metadata say, e.g. 'torch<2.14,>=2.6'; the name alone where there are none."""
    try:
        wanted = metadata.requires("livebg") or []
    except metadata.PackageNotFoundError:  # livebg runs from its folder
        wanted = []
    plain = [each.partition(";")[0].strip() for each in wanted]
    return next((each for each in plain if re.split(r"[^\w.-]", each, maxsplit=1)[0] == package), package)


def _quoted(word: str) -> str:
    """For every system's shells."""
    return word if re.fullmatch(r"[\w./:\\-]+", word) else f'"{word}"'


def _is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # somebody's import hook refuses it
        return False
