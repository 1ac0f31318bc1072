"""OpenVINO's form of the network: made once from torch's, stored on disk, in a folder of bounded size.

Runs in the thread that opens the engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livebg.core.user_folders import cache_folder
from livebg.models.openvino import import_openvino, the_core

if TYPE_CHECKING:
    from torch import nn

    from livebg.models.rmbg.source import NetworkSource

log = logging.getLogger(__name__)

EXPORT_VERSION = 2  # count up when network.py's arithmetic or the export changes, so that old exports are not used
FOLDER_LIMIT = 900_000_000  # bytes in all: two networks' exports, and compiled forms of one at five sizes


class Kept:
    """The files made from one network; a network without an identity has none."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self.folder = folder or cache_folder() / "openvino"
        self.is_lasting = bool(identity)
        version = import_openvino().__version__
        self._stem = f"rmbg-{hashlib.sha256(f'{identity} {EXPORT_VERSION} {version}'.encode()).hexdigest()[:24]}"

    def place(self, ending: str) -> Path:
        """The file with this ending, e.g. '.xml' → the export, '-int8.xml' → its int8 form."""
        return self.folder / f"{self._stem}{ending}"

    def forget(self, pattern: str) -> None:
        """Remove files made from something that has changed, e.g. '-int8-*'."""
        for file in self.folder.glob(f"{self._stem}{pattern}"):
            with contextlib.suppress(OSError):
                file.unlink()

    def read(self, ending: str) -> Any:
        """The stored OpenVINO model, or None where there is none that can be read."""
        file = self.place(ending)
        try:
            if self.is_lasting and file.is_file():
                model = the_core().read_model(file)
                for each in (file, file.with_suffix(".bin")):
                    each.touch()  # so that prune() knows it is in use
                return model
        except (OSError, RuntimeError) as cause:
            log.info("export %s cannot be read (%s); exporting again", file, str(cause).splitlines()[0])
        return None

    def write(self, model: Any, ending: str) -> None:
        """Write complete or not at all: the .xml, which read() looks for, comes last. A full disk is no failure."""
        if not self.is_lasting:
            return
        file = self.place(ending)
        draft = file.with_name(f"{file.stem}-{os.getpid()}.xml")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Rounded to halves, a later start would answer otherwise.
            import_openvino().save_model(model, draft, compress_to_fp16=False)
            draft.with_suffix(".bin").replace(file.with_suffix(".bin"))
            draft.replace(file)
            prune(self.folder)
        except (OSError, RuntimeError) as cause:
            log.info("cannot store the export in %s: %s", self.folder, str(cause).splitlines()[0])
            for left in (draft, draft.with_suffix(".bin")):
                with contextlib.suppress(OSError):
                    left.unlink()


def exported(source: NetworkSource, folder: Path | None) -> tuple[Any, Kept]:
    """OpenVINO's form of the network for any size, from disk where it is stored, and its files."""
    kept = Kept(folder, source.identity)
    model = kept.read(".xml") if source.identity else None
    if model is None:
        model = from_torch(source.load())
        kept = Kept(folder, source.identity)  # only now the source may know its weights
        kept.write(model, ".xml")
    return model, kept


def from_torch(network: nn.Module) -> Any:
    """OpenVINO's form of the network: float32, (1, 3, any, any)."""
    import torch

    example = torch.zeros(1, 3, 64, 96)
    with warnings.catch_warnings(), torch.inference_mode():
        # OpenVINO wants a torch.jit trace, which torch has deprecated: nothing that a user of livebg could act on.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Traced here, because convert_model would also check its trace by running the network twice more: 2 s of 4.
        traced = torch.jit.trace(network.eval(), example, check_trace=False)  # type: ignore[no-untyped-call] # torch
        return import_openvino().convert_model(traced, example_input=example, input=[1, 3, -1, -1])


def without_tail(model: Any) -> tuple[Any, bool]:
    """The model up to its last logits, before they are enlarged and squashed, and whether there was such a tail.

    OpenVINO enlarges a single channel as slowly as sixteen: 2.5 of 90 ms in its own profile (PERF_COUNT) of the int8
    form at 288x512; OpenCV takes a tenth of that.
    """
    result = model.get_results()[0]
    squash = result.input_value(0).get_node()
    enlarge = squash.input_value(0).get_node() if squash.get_type_name() == "Sigmoid" else squash
    if enlarge.get_type_name() != "Interpolate":
        return model, False
    return import_openvino().Model([enlarge.input_value(0)], model.get_parameters(), "logits"), True


def prune(folder: Path, limit_bytes: int = FOLDER_LIMIT) -> None:
    """Remove the files that were unused for longest, until the folder holds at most limit_bytes."""
    files = sorted((each.stat().st_mtime, each.stat().st_size, each) for each in folder.iterdir() if each.is_file())
    total = sum(size for _, size, _ in files)
    for _, size, file in files:
        if total <= limit_bytes:
            return
        with contextlib.suppress(OSError):  # Windows does not remove open files
            file.unlink()
            total -= size
            log.info("removed %s: the cache of compiled networks was larger than %d MB", file, limit_bytes // 10**6)
