"""Stands in for pytest in the virtual machine: its scripts are test files, and importing pytest takes a second there.

There nothing is tested: marks and fixtures need only be there.
"""

from __future__ import annotations

from typing import Any


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self


mark = fixture = _Anything()
