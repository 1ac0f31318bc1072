"""What a device failure means, and what a user can do about it. Knows torch's exceptions and messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch

Kind = Literal["memory", "lost", "other"]

_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
_NOT_LASTING = ("captur",)  # 'operation not permitted when stream is capturing': the device itself is fine
_LOST = ("CUDA error", "HIP error", "CUDA driver", "no CUDA-capable device", "device-side assert")

_NEXT: dict[Kind, str] = {
    "memory": "end other programs that use the GPU, or take a smaller --matte-size or --size",
    "lost": "see the system's log for the GPU driver (dmesg), and start livebg again once it answers",
    "other": "update torch and the GPU's driver, or take --device cpu",
}


def kind_of(failure: BaseException) -> Kind:
    """memory: less of it may be enough. lost: this process can use the device no more. other: only this level fails."""
    text = str(failure)
    if isinstance(failure, torch.OutOfMemoryError) or any(each in text for each in _MEMORY):
        return "memory"
    if any(each in text for each in _NOT_LASTING):
        return "other"
    return "lost" if any(each in text for each in _LOST) else "other"


@dataclass(frozen=True, slots=True)
class Failure:
    """The kept part of an exception: the exception itself would hold device memory. seen and following: one line."""

    kind: Kind
    seen: str
    following: str


def failure_of(cause: BaseException) -> Failure:
    kind = kind_of(cause)
    line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    seen = {"memory": "out of memory", "lost": f"the GPU was lost ({line})", "other": line}[kind]
    return Failure(kind, seen, _NEXT[kind])


def failure_in(call: Callable[[], None]) -> Failure | None:
    """The kept part of the device's failure in this call; None if it succeeds."""
    try:
        call()
    except RuntimeError as cause:
        return failure_of(cause)
    return None
