"""Where frames and sounds lie in a recording: it begins with its first frame at 0, without its pauses.

The frames decide: sound goes from the first frame after a pause to the end of the last one before the next pause, so
that the cuts in picture and sound are at the same place. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from livebg.core.types import Frame
from livebg.sinks.recording.session import RecordingSession

_JUMP_S = 0.5  # a clip that stalled and restarts its schedule
_KEPT_SPANS = 64  # sound and markers lag behind the frames by a second or two


@dataclass(slots=True)
class _Span:
    """A time without a pause. from_s, to_s: captured (monotonic clock), to_s inf while it lasts; a moment captured at t
    lies at t + offset_s in the recording."""

    from_s: float
    to_s: float
    offset_s: float

    @property
    def end_s(self) -> float:
        return self.to_s + self.offset_s


class TimeLine:
    """Takes frames in order. period_s: duration of the last frame before a pause."""

    def __init__(self, session: RecordingSession, period_s: float) -> None:
        self._session, self._period_s = session, period_s
        self._spans: list[_Span] = []
        self._shift_s = 0.0  # from the source's time line to the recording's
        self._last_captured_s = -math.inf
        self.known_until_s = -math.inf  # captured: the time line before this will not change any more

    def place(self, frame: Frame) -> float | None:
        """The frame's time in the recording, s; None where it belongs to a pause."""
        captured_s = frame.captured_at_s
        self.known_until_s = max(self.known_until_s, captured_s)
        if self._session.is_paused_at(captured_s):
            self._end_span(self._last_captured_s + self._period_s)
            return None
        if not self._spans or self._spans[-1].to_s < math.inf:
            begin_s = self._spans[-1].end_s if self._spans else 0.0
            self._shift_s = frame.media_time_s - begin_s
            self._spans = [*self._spans[-_KEPT_SPANS:], _Span(captured_s, math.inf, begin_s - captured_s)]
        at_s = frame.media_time_s - self._shift_s
        self._note_offset(at_s - captured_s)
        self._last_captured_s = captured_s
        return at_s

    def _note_offset(self, offset_s: float) -> None:
        """A frame's stamp may be late, never early: the earliest one of a span gives the offset of the two clocks."""
        span = self._spans[-1]
        is_jump = abs(offset_s - span.offset_s) > _JUMP_S
        span.offset_s = offset_s if is_jump else max(span.offset_s, offset_s)

    def wait(self, until_s: float) -> None:
        """No frame has come: fixes the time line up to this moment without one."""
        self.known_until_s = max(self.known_until_s, until_s)
        pauses = self._session.pauses
        if pauses and self._spans and self._session.is_paused_at(until_s):
            self._end_span(max(self._last_captured_s + self._period_s, pauses[-1][0]))

    def _end_span(self, at_s: float) -> None:
        if self._spans and math.isinf(self._spans[-1].to_s):
            self._spans[-1].to_s = max(at_s, self._spans[-1].from_s)

    def pieces(self, from_s: float, to_s: float) -> Iterator[tuple[float, float, float]]:
        """The recorded pieces of [from_s, to_s), captured: (begin, end, where it begins in the recording), s."""
        for span in self._spans:
            begin_s, end_s = max(from_s, span.from_s), min(to_s, span.to_s)
            if begin_s < end_s:
                yield begin_s, end_s, begin_s + span.offset_s

    def at(self, captured_s: float) -> float:
        """This moment's place in the recording, s; a moment in a pause lies at the cut."""
        for span in reversed(self._spans):
            if captured_s >= span.from_s:
                return min(captured_s, span.to_s) + span.offset_s
        return 0.0

    @property
    def begin_captured_s(self) -> float | None:
        """Captured: where the recording begins; None before its first frame."""
        return self._spans[0].from_s if self._spans else None

    @property
    def end_captured_s(self) -> float:
        """Captured: where the recording ends if nothing follows the newest frame."""
        return min(self._last_captured_s + self._period_s, self._spans[-1].to_s) if self._spans else -math.inf
