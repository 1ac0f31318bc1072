from __future__ import annotations

import json
from importlib.resources import files

import pytest
from recorded_systems import UBUNTU, system

from livebg.core.errors import FindingsError
from livebg.pipeline.doctor import report
from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.state import User

COMMAND = ("modprobe", "v4l2loopback", "devices=1", "exclusive_caps=1", "card_label=livebg")
ERROR = Finding(
    "virtual camera", "error", "v4l2loopback is installed, but not loaded", Mend((COMMAND,), True, "then go on", True)
)
WARNING = Finding("microphone", "warning", "none", Mend(advice="plug one in"))
WELL = Finding("OpenCV", "ok", "loads")


def test_lines_are_narrow_but_commands_stay_whole() -> None:
    assert list(report.lines([ERROR, WARNING, WELL], User(has_sudo=True), 40)) == [
        "error    virtual camera: v4l2loopback is",
        "         installed, but not loaded",
        f"         do: sudo {' '.join(COMMAND)}",
        "         (then go on)",
        "warning  microphone: none",
        "         do: plug one in",
        "ok       OpenCV: loads",
    ]


@pytest.mark.parametrize("width", [0, 7, 60])
def test_a_narrow_terminal_is_no_failure(width: int) -> None:
    shown = list(report.lines([ERROR, WARNING, WELL], User(), width))
    assert max(len(each) for each in shown if "modprobe" not in each) <= max(width, report.NARROWEST)


def test_the_sample_in_the_documentation_is_what_is_shown() -> None:
    changes = {
        "linux.loopback.is_loaded": False,
        "linux.loopback.refusal": "Loading of module with unavailable key is rejected",
        "microphones": None,
        "problems": [["microphones", "a microphone needs the library PortAudio: not found"]],
    }
    seen = system(UBUNTU, changes)
    text = files("livebg").joinpath("docs/troubleshooting.md").read_text(encoding="utf-8")
    sample = text.split("```text\n")[1].split("```")[0].splitlines()
    assert list(report.lines(diagnose(seen), seen.user, 80))[: len(sample)] == sample


def test_json_is_one_list() -> None:
    told = json.loads("\n".join(report.as_json([ERROR, WELL], User(is_root=True))))
    assert [each["state"] for each in told] == ["error", "ok"]
    assert (told[0]["mend"], told[0]["note"]) == (" ".join(COMMAND), "then go on")


def test_the_summary_and_its_exit_code() -> None:
    report.check([WELL, Finding("camera", "unknown", "no answer")], User())
    with pytest.raises(FindingsError, match=r"^1 warning$") as warned:
        report.check([WARNING, WELL], User())
    with pytest.raises(FindingsError, match="1 error and 2 warnings; livebg doctor --fix offers to mend 1") as failed:
        report.check([ERROR, WARNING, WARNING], User(has_sudo=True))
    assert (warned.value.exit_code, failed.value.exit_code) == (8, 9)
