"""Finds the network's weights and reads them: from a hub repository, a local file or a folder.

A file is untrusted: pickled ones are read as plain tensors only, and no code in them runs; a file that cannot hold this
network's weights is refused before it is unpacked. Runs in the thread that opens the engine.
"""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livebg.core.errors import ModelError
from livebg.core.user_folders import state_folder
from livebg.models import hub
from livebg.models.repository import Repository

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
NAMES_SHOWN = 4  # missing or unknown keys in a message; enough to recognise another network
NAME_SHOWN = 80  # characters of one of them
LARGEST_BYTES = 2 * 10**9  # unpacked: the network has 176 MB, with a training program's optimiser state 700
REASON_SHOWN = 200  # characters of what a library says
LANDMARK = "conv_in.weight"  # the network's first key: what stands before it in a checkpoint is a prefix


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One file with weights; its content is verified as far as a hash for it is known.

    origin: its name in messages; sha256: of its content; input_mean: see repository.Repository.
    """

    path: Path
    origin: str
    sha256: str
    input_mean: float


def expected() -> dict[str, Tensor]:
    """The network's keys, and tensors without memory of their shapes and dtypes (float32, counts int64; torch's
    'meta' device).
    """
    import torch

    from livebg.models.rmbg.network import RmbgNetwork

    with torch.device("meta"):
        return RmbgNetwork().state_dict()


def checkpoints(
    model: str, weights: str = "", access: hub.Access = hub.USUAL, revision: str | None = None
) -> Iterator[Checkpoint | ModelError]:
    """The files to try in turn: each found, fetched if necessary and verified; or the reason why that failed.

    weights: a local file or folder (~ is expanded); else the hub repository `model`, at its known revision unless
    another is given. Raises ModelError when there is nothing to try.
    """
    repo = hub.repository(model)
    if revision is not None:
        repo = hub.at_revision(repo, revision)
    if weights:
        for path in _local_files(Path(os.path.expanduser(weights))):
            yield _local(path, repo)
        return
    absent = []
    for name in repo.files:
        try:
            path, digest = hub.fetch(repo, name, access)
        except FileNotFoundError:
            absent.append(name)
        except ModelError as cause:  # unreachable, or with another content: no other file replaces it then
            yield cause
            return
        else:
            show_licence(repo)
            yield Checkpoint(path, f"{repo.name} {name}", digest, repo.input_mean)
    if len(absent) == len(repo.files):
        yield ModelError(f"{repo.name} holds none of {', '.join(absent)}; give a repository with RMBG-1.4's network")


def fetch(model: str) -> Path:
    """Fetch a hub repository's weights into the cache; returns the file that fits. Raises ModelError."""
    checkpoint, _ = load(checkpoints(model), expected())
    return checkpoint.path


def load(
    tries: Iterator[Checkpoint | ModelError], expected: Mapping[str, Tensor]
) -> tuple[Checkpoint, dict[str, Tensor]]:
    """The first checkpoint that fits the expected keys and shapes, and its tensors, of the same shapes and dtypes
    (float32).

    Raises ModelError with all reasons when none fits.
    """
    reasons: list[str] = []
    for each in tries:
        try:
            if isinstance(each, ModelError):
                raise each
            tensors = fit(read(each.path), expected, each.origin)
        except ModelError as cause:
            reasons.append(str(cause))
        else:
            for reason in reasons:
                log.warning("%s; using %s instead", reason, each.origin)
            return each, tensors
    raise ModelError("no usable weights: " + "; ".join(reasons))


def fit(stored: Mapping[str, Any], expected: Mapping[str, Tensor], origin: str) -> dict[str, Tensor]:
    """The stored tensors under the expected keys, without any common prefix (module., model., net. …), as float32.

    num_batches_tracked only counts training steps and may be missing. Raises ModelError that names the first few keys
    which are missing, unknown or of another shape.
    """
    import torch

    prefix = next((key.removesuffix(LANDMARK) for key in stored if f".{key}".endswith(f".{LANDMARK}")), "")
    named = {key.removeprefix(prefix): value for key, value in stored.items()}
    for key in expected:
        if key.endswith("num_batches_tracked"):
            named.setdefault(key, torch.zeros((), dtype=torch.int64))
    missing = [key for key in expected if key not in named]
    surplus = [key for key in named if key not in expected]
    misshapen = [
        f"{key} {tuple(getattr(named[key], 'shape', ()))} instead of {tuple(value.shape)}"
        for key, value in expected.items()
        if key in named and getattr(named[key], "shape", None) != value.shape
    ]
    if not misshapen:
        misshapen = [key for key in expected if key in named and not is_plain(named[key])]
    faults = [
        f"{len(keys)} {what}: {', '.join(each[:NAME_SHOWN] for each in keys[:NAMES_SHOWN])}"
        f"{', …' if len(keys) > NAMES_SHOWN else ''}"
        for what, keys in (("missing", missing), ("too much", surplus), ("of another shape", misshapen))
        if keys
    ]
    if faults:
        raise ModelError(f"{origin} does not fit RMBG-1.4's network: {'; '.join(faults)}")
    return {key: named[key].to(value.dtype) for key, value in expected.items()}


def _local(path: Path, repo: Repository) -> Checkpoint | ModelError:
    try:
        check_size(path)  # before all of it is read for its hash
        return Checkpoint(path, str(path), hub.sha256(path), repo.input_mean)
    except ModelError as failure:
        return failure


def show_licence(repo: Repository) -> bool:
    """Log the weights' licence, once for each user and repository. Returns True if it was logged now."""
    folder = state_folder()
    seen = folder / f"licence-{repo.name.replace('/', '--')}"
    if seen.exists():
        return False
    log.warning("the weights of %s come under a licence of their own: %s", repo.name, repo.licence)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        seen.touch()
    except OSError as cause:
        log.info("cannot store that the licence was shown: %s", cause)
    return True


def _local_files(path: Path) -> list[Path]:
    """The weights files at a local path, best kind first. Raises ModelError."""
    try:
        return _found(path)
    except OSError as cause:  # a name too long, a folder that may not be looked into, a pipe
        raise ModelError(f"--weights {path}: cannot be read: {cause.strerror}; give another path") from cause


def _found(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise ModelError(f"--weights {path}: expected a {', '.join(SUFFIXES)} file")
        return [path]
    if not path.exists():
        raise ModelError(f"--weights {path}: no such file or folder")
    if not path.is_dir():
        raise ModelError(f"--weights {path}: is neither a file nor a folder; name one of these")
    found = [each for each in path.iterdir() if each.is_file() and each.suffix in SUFFIXES]
    if not found:
        raise ModelError(f"--weights {path}: no {', '.join(SUFFIXES)} file in this folder")
    return sorted(found, key=lambda each: (SUFFIXES.index(each.suffix), each.name))


def read(path: Path) -> dict[str, Any]:
    """The content of a checkpoint file, by key. Raises ModelError when it is damaged or holds code."""
    import torch
    from safetensors.torch import load_file

    try:
        size = f"{check_size(path):,} bytes"
        if path.suffix == ".safetensors":
            return load_file(path)
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except pickle.UnpicklingError as cause:
        raise ModelError(
            f"{path} is refused: it is no plain list of tensors and could run code when loaded ({size}); "
            "use a .safetensors file"
        ) from cause
    except Exception as cause:  # what these readers raise at damage: KeyError, AttributeError, struct.error ...
        reason = (str(cause).splitlines() or [""])[0][:REASON_SHOWN] or type(cause).__name__
        raise ModelError(f"{path} is damaged or cut short ({size}; RMBG-1.4's has 176 MB): {reason}") from cause
    if not isinstance(stored, Mapping):
        raise ModelError(f"{path} holds a {type(stored).__name__}, not weights by name")
    # Training programs write {"state_dict": {...}, "optimizer": {...}} and the like.
    inner = [value for value in stored.values() if isinstance(value, Mapping)]
    fitting = (each for each in (stored, *inner) if any(str(key).endswith(LANDMARK) for key in each))
    return {str(key): value for key, value in next(fitting, stored).items()}


def check_size(path: Path) -> int:
    """The file's unpacked size in bytes. Raises ModelError where it is too large for this network's weights."""
    try:
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(each.file_size for each in archive.infolist()))
    except OSError as cause:
        raise ModelError(f"{path} cannot be read: {cause.strerror}; check its permissions") from cause
    except Exception:  # noqa: BLE001 - a broken archive: the reader after this gives the better message
        return size
    if size > LARGEST_BYTES:
        raise ModelError(f"{path} is too large: it holds {size:,} bytes, RMBG-1.4's weights have 176 MB")
    return size


def is_plain(value: Any) -> bool:
    """Whether the value is a tensor with its numbers: not sparse, not quantised, no tensor without memory."""
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )
