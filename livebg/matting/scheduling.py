"""Which frames the engine looks at: all, all that are not still, every n-th, or as many as it can beside the caller.

Where the engine keeps up, only the still gate is active; where it looks at fewer frames than there are, propagation
is. The caller's thread.
"""

from __future__ import annotations

from livebg.core.engines import MattingEngine
from livebg.core.types import Alpha, Frame
from livebg.matting.propagation import occlusion
from livebg.matting.propagation.propagator import PropagatingEngine
from livebg.matting.still_gate import Counts, StillGate
from livebg.matting.validity import Judged


class ScheduledEngine:
    """A MattingEngine over another one, which it owns and judges.

    is_live: see validity.ValidityCheck. in_worker: the engine runs in a thread of its own, on the newest frame whenever
    it is idle, and matte() waits only for the very first alpha. stride: the engine looks at every stride-th frame.
    still_gate: while nothing moves, the engine need not look.
    """

    def __init__(
        self, engine: MattingEngine, is_live: bool, in_worker: bool = False, stride: int = 1, still_gate: bool = True
    ) -> None:
        self._engine, self._in_worker, self._still_gate = Judged(engine, is_live), in_worker, still_gate
        self._stride = stride
        occlusion.prepare()  # a later stride may need it; to compile it then would stop the live loop
        self._current = self._scheduled(Counts())

    @property
    def description(self) -> str:
        return self._current.description

    @property
    def counts(self) -> Counts:
        return self._current.counts

    def set_stride(self, stride: int) -> None:
        """From the next frame on. Forgets earlier frames where this turns propagation on or off."""
        if stride == self._stride:
            return
        self._stride = stride
        if isinstance(self._current, PropagatingEngine) and self._propagates:
            self._current.set_stride(stride)
        elif self._propagates != isinstance(self._current, PropagatingEngine):
            self._current = self._scheduled(self._current.counts)

    def set_still_gate(self, is_on: bool) -> None:
        self._still_gate = is_on
        if isinstance(self._current, PropagatingEngine):
            self._current.set_still_gate(is_on)
        else:
            self._current.is_on = is_on

    def foresee(self, frame: Frame) -> None:
        """Takes a frame before its matte() call, so that the engine can begin now. Never waits for a thread."""
        if isinstance(self._current, PropagatingEngine):
            self._current.foresee(frame)

    def matte(self, frame: Frame) -> Alpha:
        """This frame's own alpha, float32 (h, w) in 0..1 at the engine's size.

        Raises ModelError where none can be used.
        """
        return self._current.matte(frame)

    def reset(self) -> None:
        self._current.reset()

    def close(self) -> None:
        """Raises TimeoutError where the engine hangs in its thread."""
        self._current.close()

    @property
    def _propagates(self) -> bool:
        return self._in_worker or self._stride > 1

    def _scheduled(self, counts: Counts) -> StillGate | PropagatingEngine:
        if self._propagates:
            return PropagatingEngine(self._engine, self._in_worker, self._stride, self._still_gate, counts=counts)
        return StillGate(self._engine, self._still_gate, counts)
