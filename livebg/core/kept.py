"""What livebg reads is never written: an output that is one of a run's own inputs is refused before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livebg.core.errors import SettingsError
from livebg.core.same_file import identity
from livebg.core.settings import Settings, option_name

READ = ("source", "background", "standby", "plate", "weights")  # settings that may name a file
UNREAL = ("synthetic", "auto", "off", "none", "blur")


def check_inputs_kept(outputs: Sequence[Path], settings: Settings, more: Sequence[tuple[str, Path]] = ()) -> None:
    """more: files that are read, too, with the words for them. Raises SettingsError."""
    named = [(f"the {name}" if name == "source" else option_name(name), getattr(settings, name)) for name in READ]
    read = [(what, Path(text)) for what, text in named if text and text not in UNREAL and "://" not in text]
    identities = {identity(path): what for what, path in [*read, *more]}
    for each in outputs:
        what = identities.get(identity(each))
        if what is not None:
            raise SettingsError(f"{each} is {what} itself, which is never overwritten; give the output another name")
