from __future__ import annotations

import json

import pytest
from recorded_systems import NAMES, system

from livebg.pipeline.doctor.state import SystemState
from livebg.pipeline.doctor.state_systems import Process, Program


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_again(name: str) -> None:
    state = system(name, {"problems": [["cameras", "no answer"]]})
    assert SystemState.from_json(json.loads(json.dumps(state.to_json()))) == state
    assert hash(state), "frozen through and through: lists became tuples"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(TypeError):
        SystemState.from_json({"platform": "linux", "colour": "blue"})


def test_the_problem_of_a_part() -> None:
    state = SystemState("linux", problems=(("opencv", "libGL"),))
    assert (state.problem("opencv"), state.problem("codecs")) == ("libGL", "")


def test_how_programs_are_named() -> None:
    assert str(Process(12, "ffmpeg")) == "ffmpeg (12)"
    assert [str(Program("Zoom")), str(Program("Firefox", "snap"))] == ["Zoom", "Firefox (snap)"]
