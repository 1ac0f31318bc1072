from __future__ import annotations

import pytest

from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.state import User

LOAD = Mend((("modprobe", "-r", "it"), ("modprobe", "it", "label=a b")), needs_root=True, advice="then wait")


@pytest.mark.parametrize(
    ("user", "typed"),
    [
        (User(is_root=True), "modprobe -r it && modprobe it 'label=a b'"),
        (User(has_sudo=True), "sudo modprobe -r it && sudo modprobe it 'label=a b'"),
        (User(), "su -c 'modprobe -r it && modprobe it '\"'\"'label=a b'\"'\"''"),
        (User(is_on_windows=True), 'modprobe -r it && modprobe it "label=a b"'),
    ],
)
def test_a_command_as_this_user_types_it(user: User, typed: str) -> None:
    assert LOAD.command(user) == typed
    assert LOAD.text(user) == f"{typed}; then wait"


def test_a_mend_of_words_has_no_command() -> None:
    assert Mend(needs_root=True, advice="plug one in").command(User()) == ""
    assert Mend(advice="plug one in").text(User()) == "plug one in"


def test_as_json() -> None:
    found = Finding("camera", "error", "none", Mend((("true",),), is_safe=True))
    assert found.to_json(User()) == {
        "name": "camera",
        "state": "error",
        "found": "none",
        "mend": "true",
        "note": "",
        "can_fix": True,
    }
    told = Finding("camera", "error", "none", Mend(advice="plug one in")).to_json(User())
    assert (told["mend"], told["note"], told["can_fix"]) == ("plug one in", "", False)
    assert Finding("camera", "ok", "free").to_json(User())["mend"] == ""
