"""Finds the input files: turns names, folders and patterns into a list, in the order that a person expects.

Looks at endings only; opens no file. Caller's thread.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import SourceError

MARK = "-livebg"  # before the ending of an output beside its input
_OWN = re.compile(re.escape(MARK) + r"(-\w+)?$")  # with a suffix: -matte, a number in a sequence


@dataclass(frozen=True, slots=True)
class Input:
    """below: the folders between the named one and the file, so that outputs elsewhere keep the same structure."""

    path: Path
    below: Path = Path()


class Missing(SourceError):
    """No file has that name."""


def find(
    inputs: Sequence[str], endings: Collection[str], is_recursive: bool = False, without: Path | None = None
) -> list[Input]:
    """The files of these inputs, each once; endings: such as '.jpg', lower case; without: a folder to leave out.

    A named file counts whatever its ending. Folders and patterns give files with one of the endings, sorted (2 before
    10), without hidden ones and livebg's own outputs. Lists of several names omit those outputs, too: a shell makes
    such a list from a pattern. A folder or pattern without files comes last, so that it fails after the others are
    done. Raises SourceError if no input has files, or if a named file does not exist: nothing begins with a misspelt
    name.
    """
    found: dict[str, Input] = {}
    faults: dict[str, SourceError] = {}
    for text in inputs:
        try:
            for each in _meant_by(text, endings, is_recursive, without):
                if len(inputs) == 1 or not is_own(each.path):
                    found.setdefault(os.path.abspath(each.path), each)
        except Missing as failure:
            if text == inputs[0]:  # no output comes first
                raise
            raise SourceError(f"{failure}, or if it is the output, put --output before it") from failure
        except SourceError as failure:
            faults[text] = failure
        except OSError as cause:  # a name too long, a folder without read permission
            reason = f"input {text} cannot be read: {cause.strerror}; check its name and permissions"
            faults[text] = SourceError(reason)
    if not found:
        named = f"input {inputs[0]} is" if len(inputs) == 1 else "all inputs are"
        raise next(iter(faults.values()), SourceError(f"{named} an output of livebg; name the files that it came from"))
    return [*found.values(), *(Input(Path(text).expanduser()) for text in faults)]


def is_own(path: Path) -> bool:
    """True for a name that livebg gives its outputs."""
    return bool(_OWN.search(path.stem))


def is_wanted(path: Path, endings: Collection[str]) -> bool:
    """True for a file that a folder or pattern stands for."""
    return path.suffix.lower() in endings and not path.name.startswith(".") and not is_own(path)


def _meant_by(text: str, endings: Collection[str], is_recursive: bool, without: Path | None) -> list[Input]:
    try:
        path = Path(text).expanduser()
    except RuntimeError as cause:  # for an unknown ~user
        raise SourceError(f"input {text}: {cause}; write the path out") from cause
    if path.is_dir():
        return _in_folder(path, endings, is_recursive, without)
    if os.path.lexists(path):  # before patterns, because 'photo [1].jpg' is a name, too
        return [Input(path)]
    if not glob.has_magic(text):
        raise Missing(f"input {text} does not exist (looked for {path.absolute()}); check the name")
    matching = (Path(each) for each in glob.iglob(str(path), recursive=True))
    files = [Input(each) for each in matching if is_wanted(each, endings) and each.is_file()]
    if not files:
        raise SourceError(f"pattern {text} matches no file of these kinds: {_listed(endings)}; check the pattern")
    return sorted(files, key=_order)


def _in_folder(folder: Path, endings: Collection[str], is_recursive: bool, without: Path | None) -> list[Input]:
    os.listdir(folder)  # raises for a folder without read permission; walk() would ignore it
    files = []
    for place, below, names in os.walk(folder):
        here = Path(place)
        below[:] = [each for each in below if is_recursive and not each.startswith(".") and here / each != without]
        wanted = (here / each for each in names if is_wanted(Path(each), endings))
        files += [Input(each, here.relative_to(folder)) for each in wanted if each.is_file()]
    if not files:
        deeper = "" if is_recursive else "; look in its subfolders, too: --recursive"
        raise SourceError(f"folder {folder} holds no file of these kinds: {_listed(endings)}{deeper}")
    return sorted(files, key=_order)


def _order(each: Input) -> list[tuple[str, int, str]]:
    """Sorts names as people do: 'IMG 2' before 'IMG 10', whatever the case."""
    return [(text.casefold(), int(digits or 0), text) for text, digits in _runs(str(each.path))]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Text and the digits that follow it, in turn."""
    for each in re.finditer(r"([^0-9]*)([0-9]*)", text):
        yield each[1], each[2]


def _listed(endings: Collection[str]) -> str:
    return " ".join(sorted(endings))
