"""OpenVINO's module and devices: nothing is reported, signals stay signals, and the right device is found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from livebg.models import openvino
from livebg.models.openvino import capabilities, find_plugin, full_name


class FakeCore:
    """A machine with these devices; GPU.1 is a card of its own."""

    def __init__(self, *devices: str) -> None:
        self.available_devices = list(devices)

    def get_property(self, name: str, what: str) -> str:
        if what == "DEVICE_TYPE":
            if name == "NPU":
                raise RuntimeError("no such property")
            return "Type.DISCRETE" if name == "GPU.1" else "Type.INTEGRATED"
        return f"Intel {name}"


def on(monkeypatch: pytest.MonkeyPatch, *devices: str) -> None:
    monkeypatch.setattr(openvino, "the_core", lambda: FakeCore(*devices))


@pytest.mark.parametrize(
    ("devices", "kind", "expected"),
    [
        (("CPU", "GPU"), "GPU", ("GPU", "Intel GPU")),
        (("CPU", "GPU.0", "GPU.1"), "GPU", ("GPU.1", "Intel GPU.1")),
        (("CPU", "GPU.0", "GPU.2"), "GPU", ("GPU.0", "Intel GPU.0")),
        (("CPU", "NPU"), "NPU", ("NPU", "Intel NPU")),
    ],
)
def test_the_best_device_of_a_kind(
    monkeypatch: pytest.MonkeyPatch, devices: tuple[str, ...], kind: str, expected: tuple[str, str]
) -> None:
    on(monkeypatch, *devices)
    assert find_plugin(kind) == expected


def test_an_absent_device_is_told_with_those_present(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "CPU", "GPU.0")
    with pytest.raises(LookupError, match=r"OpenVINO finds no Intel NPU here; its devices: CPU, GPU\.0"):
        find_plugin("NPU")


def test_the_cpu_is_there() -> None:
    assert "FP32" in capabilities("CPU")
    assert full_name("CPU")


@pytest.mark.slow
def test_openvino_reports_nothing_to_anyone() -> None:
    """By itself it sends usage events on import and conversion; through livebg that code is not even loaded."""
    program = (
        "import sys, threading; from livebg.models.openvino import import_openvino; ov = import_openvino(); "
        "from openvino.tools.ovc import telemetry_utils, convert_impl; "
        "assert telemetry_utils.tm.__name__ == convert_impl.tm.__name__ == 'openvino.tools.ovc.telemetry_stub'; "
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]; "
        "assert threading.active_count() == 1"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.slow
def test_a_signal_after_several_runtimes_came_and_went_is_only_a_signal() -> None:
    """In a process of its own: where it fails, it fails as a segmentation fault."""
    code = (
        "import faulthandler, gc, os, signal; faulthandler.enable(); signal.signal(signal.SIGINT, lambda *_: None)\n"
        "import torch\n"
        "from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime\n"
        "from livebg.models.rmbg.source import InMemory\n"
        "network = torch.nn.Conv2d(3, 1, 3, padding=1)\n"
        "made = [OpenVinoRuntime(InMemory(network)) for _ in range(2)]\n"
        "for each in made: each.warm_up(64, 64)\n"
        "for _ in range(2): made.pop(0).close(); gc.collect()\n"
        "os.kill(os.getpid(), signal.SIGINT); print('alive')"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.stdout == "alive\n", (finished.returncode, finished.stderr)
