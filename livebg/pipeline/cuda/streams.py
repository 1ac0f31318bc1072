"""A device's three queues of work (pictures up, computing, pictures down), which run at the same time on CUDA.

Elsewhere (Apple's GPU, the CPU in tests) they run in turn, through the same calls. Only this file uses CUDA's streams,
events and graphs. Main thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from livebg.core.types import Image

Tensors = tuple[Tensor, ...]
BANDS = 4  # pieces of an uploaded picture: one is copied for the device while another is on its way
WARM_UPS = 3  # runs before a graph is captured: cuDNN chooses its algorithms, cuBLAS takes its memory


class Mark(Protocol):
    """A moment in the device's work."""

    def wait(self) -> None:
        """The host waits until the device gets there. Raises the device's failure."""
        ...

    def ms_since(self, earlier: Mark) -> float:
        """Device time between two past moments."""
        ...


class Streams(Protocol):
    """The queues of one device."""

    @property
    def device(self) -> str: ...

    @property
    def can_capture(self) -> bool: ...

    def host(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Host memory that the device reads and writes by itself, if it can. Not zeroed."""
        ...

    def computing(self) -> AbstractContextManager[object]:
        """Calls inside this context run in the computing queue."""
        ...

    def mark(self) -> Mark:
        """The current moment of the computing queue."""
        ...

    def upload(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        """Uploads each (host, on the device), in the queue for up; computing must wait_for() it."""
        ...

    def wait_for(self, mark: Mark) -> None:
        """Computing continues after this moment."""
        ...

    def download(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        """Downloads each (on the device, host), in the queue for down, after the computing queue's current work."""
        ...

    def preparing(self) -> AbstractContextManager[object]:
        """Inside this context nobody waits for a frame: the device tries which of its algorithms are the fastest."""
        ...

    def capture(self, function: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
        """If can_capture: the function's results, always in the same memory, and a function that computes them anew."""
        ...

    def release(self) -> None:
        """Releases all prepared memory; never fails."""
        ...


def open_streams(device: str) -> Streams:
    return CudaStreams(device) if device.partition(":")[0] == "cuda" else InTurn(device)


def upload_picture(streams: Streams, image: Image, host: Tensor, target: Tensor) -> Mark:
    """BGR uint8 (H, W, 3) into `host`, and from there into `target` on the device, in bands that overlap."""
    memory = host.numpy()
    for rows in np.array_split(np.arange(len(image)), min(BANDS, len(image))):
        band = slice(int(rows[0]), int(rows[-1]) + 1)
        np.copyto(memory[band], image[band])
        mark = streams.upload([(host[band], target[band])])
    return mark


class InTurn:
    """Every call is finished when it returns."""

    can_capture = False

    def __init__(self, device: str) -> None:
        self.device = device

    def host(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype)

    def computing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def mark(self) -> Mark:
        return PastMark()

    def upload(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        return self.download(pairs)

    def wait_for(self, mark: Mark) -> None:
        mark.wait()

    def download(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        for source, target in pairs:
            target.copy_(source)
        return PastMark()

    def preparing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def capture(self, function: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:  # noqa: ARG002 - the Protocol's shape
        raise RuntimeError(f"{self.device} captures no graphs")

    def release(self) -> None:
        if self.device == "mps":
            torch.mps.empty_cache()


class PastMark:
    """A moment on the host's clock."""

    def __init__(self) -> None:
        self._at_s = time.perf_counter()

    def wait(self) -> None:
        pass

    def ms_since(self, earlier: Mark) -> float:
        assert isinstance(earlier, PastMark)
        return 1000 * (self._at_s - earlier._at_s)


class CudaStreams:
    """Three streams, pinned host memory from torch's cache of it, graphs in one pool of memory."""

    can_capture = True

    def __init__(self, device: str) -> None:
        self.device = device
        self._up, self._compute, self._down = (_stream(device) for _ in range(3))
        self._pool = torch.cuda.graph_pool_handle()

    def host(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, pin_memory=True)

    def computing(self) -> AbstractContextManager[object]:
        return torch.cuda.stream(self._compute)

    def mark(self) -> Mark:
        return CudaMark(self._compute)

    def upload(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        with torch.cuda.stream(self._up):
            for source, target in pairs:
                target.copy_(source, non_blocking=True)
        return CudaMark(self._up)

    def wait_for(self, mark: Mark) -> None:
        assert isinstance(mark, CudaMark)
        self._compute.wait_event(mark.event)

    def download(self, pairs: list[tuple[Tensor, Tensor]]) -> Mark:
        self._down.wait_stream(self._compute)
        with torch.cuda.stream(self._down):
            for source, target in pairs:
                target.copy_(source, non_blocking=True)
        return CudaMark(self._down)

    @contextmanager
    def preparing(self) -> Iterator[None]:
        before, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, True
        try:
            yield
        finally:
            torch.backends.cudnn.benchmark = before

    def capture(self, function: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
        for _ in range(WARM_UPS):
            function()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._compute, capture_error_mode="thread_local"):
            results = function()
        return results, graph.replay

    def release(self) -> None:
        try:
            torch.cuda.synchronize(self.device)
            torch.cuda.empty_cache()
        except RuntimeError:  # a lost driver has nothing left to give back
            return


class CudaMark:
    """An event; waiting for it lets the processor sleep, which costs some 50 us and saves the live loop a core."""

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self.event: torch.cuda.Event = torch.cuda.Event(enable_timing=True, blocking=True)  # type: ignore[no-untyped-call]
        self.event.record(stream)

    def wait(self) -> None:
        self.event.synchronize()

    def ms_since(self, earlier: Mark) -> float:
        assert isinstance(earlier, CudaMark)
        return float(earlier.event.elapsed_time(self.event))


def _stream(device: str) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
