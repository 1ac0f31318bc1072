"""Where a file's output goes: beside it, to the file that -o names, or into the folder that -o names.

Never the input itself, never the same place twice. Caller's thread.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Sequence
from pathlib import Path

from livebg.core.errors import SettingsError, SinkError
from livebg.core.option import option_path
from livebg.core.same_file import check_inputs_kept, identity, is_same
from livebg.core.settings import Settings
from livebg.media.files import checked_path
from livebg.pipeline.input_files import MARK, Input

OR_ELSE = "leave what is done with --skip-existing, or choose another name"


def folder_of(output: str, endings: Collection[str], is_many: bool) -> Path | None:
    """The folder that -o means: an existing one, or a name without an ending or with a slash; None: it means a file.

    is_many: it must be a folder; endings: of files that livebg can write. Raises SettingsError if it names one file for
    many inputs.
    """
    path = option_path("--output", output)
    if path.is_dir() or output.endswith(("/", os.sep)):
        return path
    if not is_many:
        return None if path.suffix else path
    if path.suffix.lower() in endings or path.exists():
        raise SettingsError(f"--output {output} is one file, but there may be several inputs; name a folder")
    return path


def where(each: Input, folder: Path | None, ending: str, mark: str = "") -> Path:
    """NAME-livebg.ENDING beside the input, or NAME.ENDING in another folder, with the inputs' structure below it.

    mark: distinguishes two outputs of one input, such as '-matte'.
    """
    if folder is None or is_same(folder / each.below, each.path.parent):
        return each.path.with_name(f"{each.path.stem}{MARK}{mark}{ending}")
    return folder / each.below / f"{each.path.stem}{mark}{ending}"


def check_plan(plan: Sequence[tuple[Input, Path]], settings: Settings, kept: Sequence[tuple[str, Path]] = ()) -> None:
    """Raises SettingsError if two inputs have the same output, or an output is an input. kept: further input files,
    with the words for them."""
    if len(plan) > 1:  # make_ready() checks a single one
        kept = [*kept, *((f"the input {each.path}", each.path) for each, _ in plan)]
    check_inputs_kept([output for _, output in plan], settings, kept)
    taken: dict[Hashable, Input] = {}
    for each, output in plan:
        other = taken.setdefault(identity(output), each)
        if other is not each:
            raise SettingsError(
                f"{other.path} and {each.path} would both be written to {output}; give them different names, or "
                "do them one by one with --output"
            )


def make_ready(each: Input, output: Path, force: bool) -> Path:
    """Makes the output's folder and checks the file's path, which it returns. Raises SinkError."""
    if is_same(each.path, output):
        raise SinkError(f"output {output}: is the input itself, which livebg never overwrites; choose another name")
    if output.parent.exists() and not output.parent.is_dir():
        raise SinkError(f"output {output}: {output.parent} is not a folder; choose another one")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise SinkError(
            f"output {output}: its folder cannot be made: {cause.strerror}; choose another folder"
        ) from cause
    return checked_path(str(output), force, OR_ELSE)
