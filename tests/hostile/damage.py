"""Damage to a file: cut short anywhere, with bytes of its head or its body exchanged."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

AT_REST = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True, slots=True)
class Damage:
    """cut: how much of the file stays, from 2/3 on all of it. flips: where in the file or in its head, and the byte."""

    cut: float
    flips: list[tuple[float, bool, int]]

    def to(self, whole: bytes, head: int) -> bytes:
        """head: the bytes that tell what the file is."""
        content = bytearray(whole)
        for where, is_in_head, value in self.flips:
            content[int(where * (min(len(content), head if is_in_head else len(content)) - 1))] = value
        return bytes(content[: 1 + int(min(1.0, 1.5 * self.cut) * len(content))])


DAMAGES = st.builds(
    Damage, st.floats(0, 1), st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 255)), max_size=8)
)
