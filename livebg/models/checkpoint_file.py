"""Reads a file with weights, .safetensors or pickled by torch. A file is untrusted: pickled ones are only read as plain
tensors, never run, and what no weights of this network can be is refused before it is unpacked.

Knows nothing about where files come from. Whichever thread opens the engine.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livebg.core.errors import ModelError

LARGEST_BYTES = 2 * 10**9  # unpacked: the network has 176 MB, with a training program's optimiser state 700
REASON_SHOWN = 200  # characters of what a library says
LANDMARK = "conv_in.weight"  # the network's first key: what stands before it in a checkpoint is a prefix


def read(path: Path) -> dict[str, Any]:
    """What is stored in a checkpoint file, by key. Raises ModelError when it is damaged or holds code."""
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
    """Bytes that it holds, unpacked. Raises ModelError where no weights of this network can have so many."""
    try:
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(each.file_size for each in archive.infolist()))
    except OSError as cause:
        raise ModelError(f"{path} cannot be read: {cause.strerror}; check its permissions") from cause
    except Exception:  # noqa: BLE001 - a broken archive, which the reader after this tells better
        return size
    if size > LARGEST_BYTES:
        raise ModelError(f"{path} is too large: it holds {size:,} bytes, RMBG-1.4's weights have 176 MB")
    return size


def is_plain(value: Any) -> bool:
    """A tensor whose numbers are here: not sparse, not quantised, not one that only promises them."""
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )
