"""Systems as the doctor once saw them, all well, and the same with something changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from livebg.pipeline.doctor.state import SystemState

FOLDER = Path(__file__).with_name("pipeline") / "doctor" / "states"
NAMES = sorted(each.stem for each in FOLDER.glob("*.json"))


def system(name: str, changes: dict[str, Any] | None = None) -> SystemState:
    """changes: by place, e.g. {'linux.loopback.nodes.0.users': [...]}; values as in JSON."""
    values: Any = json.loads((FOLDER / f"{name}.json").read_text())
    for place, value in (changes or {}).items():
        *way, last = (int(each) if each.isdecimal() else each for each in place.split("."))
        holder = values
        for each in way:
            holder = holder[each]
        assert isinstance(holder, list) or last in holder, place
        holder[last] = value
    return SystemState.from_json(values)
