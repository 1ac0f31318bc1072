"""Where the network runs: what is chosen, why, and what is said when the wished for is absent."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from livebg.core.errors import ModelError
from livebg.models import device, openvino
from livebg.models.device import Device, choose_device


def fake_torch(cuda: bool, mps: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        __version__="9.9",
        cuda=SimpleNamespace(is_available=lambda: cuda, get_device_name=lambda _: "Some Card"),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux machine without any driver."""
    monkeypatch.setattr(device, "has_cuda_driver", lambda: False)
    monkeypatch.setattr(device.sys, "platform", "linux")
    return monkeypatch


def test_cpu_when_asked_for() -> None:
    assert choose_device("cpu") == Device("cpu", "float32", "asked for")


@pytest.mark.usefixtures("bare")
def test_auto_without_a_driver_is_the_cpu_and_says_why() -> None:
    assert choose_device("auto") == Device("cpu", "float32", "no CUDA driver found")


def test_auto_with_a_card_takes_it_in_half_precision(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(device, "has_cuda_driver", lambda: True)
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=True))
    assert choose_device("auto") == Device("cuda", "float16", "Some Card")


def test_a_driver_that_torch_cannot_use_is_told(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(device, "has_cuda_driver", lambda: True)
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=False))
    assert choose_device("auto") == Device("cpu", "float32", "a GPU driver is present, but torch 9.9 cannot use it")


def test_apples_gpu(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(device.sys, "platform", "darwin")
    bare.setattr(device.platform, "machine", lambda: "arm64")
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=False, mps=True))
    assert choose_device("auto") == Device("mps", "float32", "Apple GPU")
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=False, mps=False))
    with pytest.raises(ModelError, match=r"--device mps: torch 9\.9 cannot use Apple's GPU; found: cpu"):
        choose_device("mps")


def test_an_intel_device_is_found_through_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "find_plugin", lambda kind: (f"{kind}.1", f"Intel {kind}"))
    assert choose_device("intel-gpu") == Device("intel-gpu", "float32", "Intel GPU", "GPU.1")
    assert choose_device("intel-npu", "int8") == Device("intel-npu", "float32", "Intel NPU", "NPU.1")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            LookupError("OpenVINO finds no Intel NPU here; its devices: CPU"),
            "finds no Intel NPU here; its devices: CPU",
        ),
        (ImportError("no module named openvino"), "no module named openvino"),
        (RuntimeError("\nno driver\nat line 3"), "no driver"),
    ],
)
def test_an_absent_intel_device_is_an_error_with_those_present(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, said: str
) -> None:
    def absent(_: str) -> tuple[str, str]:
        raise failure

    monkeypatch.setattr(openvino, "find_plugin", absent)
    with pytest.raises(ModelError, match=f"--device intel-npu: .*{said}; use --device auto or --device cpu"):
        choose_device("intel-npu")


@pytest.mark.parametrize(
    ("precision", "dtype"), [("auto", "float16"), ("f32", "float32"), ("f16", "float16"), ("bf16", "bfloat16")]
)
def test_a_pinned_precision_is_the_cards_dtype(bare: pytest.MonkeyPatch, precision: str, dtype: str) -> None:
    bare.setattr(device, "has_cuda_driver", lambda: True)
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=True))
    assert choose_device("cuda", precision).dtype == dtype


def test_int8_is_not_for_torch(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(device, "has_cuda_driver", lambda: True)
    bare.setattr(device, "_torch", lambda: fake_torch(cuda=True))
    with pytest.raises(ModelError, match="--precision int8: torch on cuda computes in f32, f16, bf16"):
        choose_device("auto", "int8")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("choice", "said"),
    [("cuda", "--device cuda: no CUDA driver found; found: cpu"), ("mps", "--device mps: Apple's GPU needs macOS")],
)
def test_an_absent_device_is_an_error(choice: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        choose_device(choice)


@pytest.mark.slow
def test_a_machine_without_a_driver_never_imports_torch() -> None:
    program = (
        "import sys; from livebg.models import device; device.has_cuda_driver = lambda: False; "
        "device.sys.platform = 'linux'; device.choose_device('auto'); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'cv2', 'openvino')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
