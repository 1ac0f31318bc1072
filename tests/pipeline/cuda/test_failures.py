"""What a device's failures mean, from the messages that torch really gives."""

from __future__ import annotations

import pytest
import torch

from livebg.pipeline.cuda.failures import failure_of


@pytest.mark.parametrize(
    ("failure", "kind", "following"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "memory", "--matte-size"),
        (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be ..."), "memory", "--matte-size"),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), "memory", "--matte-size"),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
            "memory",
            "other programs",
        ),
        (RuntimeError("CUDA error: unspecified launch failure"), "lost", "dmesg"),
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), "lost", "dmesg"),
        (RuntimeError("CUDA error: operation not permitted when stream is capturing"), "other", "--device cpu"),
        (RuntimeError("the network cannot be traced: why"), "other", "--device cpu"),
        (RuntimeError(), "other", "--device cpu"),
    ],
)
def test_kinds_and_what_to_do(failure: Exception, kind: str, following: str) -> None:
    found = failure_of(failure)
    assert found.kind == kind
    assert following in found.following
    assert found.seen
    assert "\n" not in found.seen
