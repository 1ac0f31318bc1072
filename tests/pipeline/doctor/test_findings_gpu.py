"""The GPU and the engines' weights: what is found when it changes where all was well."""

from __future__ import annotations

import pytest
from recorded_systems import ARCH, DEBIAN, FEDORA, MACOS, UBUNTU, WINDOWS, Case, Well, checks_of, system

from livebg.pipeline.doctor.findings_gpu import accelerates

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
FAULTS: list[Case] = [
    (
        UBUNTU,
        {"gpu.torch_cuda": "", "gpu.torch": "2.13.0+cpu"},
        "GPU",
        "warning",
        "built without CUDA",
        "/home/ada/live",
    ),
    (
        WINDOWS,
        {"gpu.torch_cuda": "", "gpu.torch": "2.13.0+cpu"},
        "GPU",
        "warning",
        "without CUDA",
        "install torch's CUDA",
    ),
    (
        UBUNTU,
        {"gpu.has_library": False, "gpu.driver": "", "gpu.names": []},
        "GPU",
        "warning",
        "its driver is not installed",
        "sudo ubuntu-drivers install; then restart",
    ),
    (
        DEBIAN,
        {"gpu.cards": ["nvidia"]},
        "GPU",
        "warning",
        "its driver is not installed",
        "sudo apt install -y nvidia-driver",
    ),
    (
        UBUNTU,
        {"gpu.driver": "470.256.02"},
        "GPU",
        "warning",
        "driver 470.256.02 is too old for CUDA 12.8, which needs 525",
        "sudo ubuntu-drivers install",
    ),
    (
        UBUNTU,
        {"gpu.driver": "", "gpu.driver_error": "Failed to initialize NVML: Driver/library version mismatch"},
        "GPU",
        "warning",
        "driver was updated while it ran",
        "sudo reboot",
    ),
    (
        WINDOWS,
        {"gpu.torch_cuda": "13.0", "gpu.driver": "581.15", "gpu.capabilities": ["6.1"]},
        "GPU",
        "warning",
        "too old for CUDA 13.0 (compute capability 6.1)",
        "install torch for CUDA 12.6",
    ),
    (
        UBUNTU,
        {"gpu.has_library": False, "gpu.has_node": False, "gpu.driver": "", "linux.container": "docker"},
        "GPU",
        "warning",
        "this container (docker) was not given it",
        "start it with --gpus all",
    ),
    (
        FEDORA,
        {"gpu.is_compute_device_closed": True},
        "GPU",
        "warning",
        "may not open /dev/kfd",
        "sudo usermod -aG render ada",
    ),
    (
        DEBIAN,
        {"engines.selfie_problem": "selfie.tflite is damaged: ...; install livebg again"},
        "engine selfie",
        "error",
        "is damaged",
        "install livebg again",
    ),
    (
        UBUNTU,
        {"engines.cached": ""},
        "engine rmbg",
        "warning",
        "when it is first used",
        "livebg models fetch rmbg; 176",
    ),
    (
        MACOS,
        {"engines.cached": "", "engines.does_hub_answer": False},
        "engine rmbg",
        "warning",
        "the hub does not answer",
        "livebg models fetch rmbg; with a connection once",
    ),
    (
        WINDOWS,
        {"engines.cached": "", "engines.is_hub_off": True},
        "engine rmbg",
        "warning",
        "switched off (HF_HUB_OFFLINE)",
        "livebg models fetch rmbg",
    ),
    (ARCH, {"settings.engine": "rmbg"}, "engine rmbg", "warning", "not in the cache", "livebg models fetch rmbg"),
    (
        ARCH,
        {"packages.4.version": "", "packages.4.fits": False, "settings.engine": "rmbg"},
        "engine rmbg",
        "warning",
        "torch not installed",
        "/home/ada/livebg/.venv/bin/python -m pip install",
    ),
    (
        ARCH,
        {"engines.problem": "--model 'x' is no repository name"},
        "engine rmbg",
        "warning",
        "no repository name",
        "correct model or weights in the settings file",
    ),
]
# system, changes, name, words of what is found
WELL: list[Well] = [
    (ARCH, {"engines.weights": "~/my.safetensors", "engines.cached": "~/my.safetensors"}, "engine rmbg", "your own"),
    (UBUNTU, {"settings.device": "cpu"}, "GPU", "device = cpu"),
    (ARCH, {"gpu.cards": ["amd"]}, "GPU", "not built for ROCm"),
    (ARCH, {"engines.does_hub_answer": False}, "engine rmbg", "selfie does without"),
    (ARCH, {"packages.4.version": "", "packages.4.fits": False}, "engine rmbg", "torch not installed; selfie does"),
]

test_a_fault_is_found_with_its_mend, test_what_is_no_fault_is_told = checks_of(FAULTS, WELL)


@pytest.mark.parametrize(("name", "expected"), [(UBUNTU, True), (DEBIAN, False), (MACOS, True)])
def test_whether_auto_takes_rmbg_here(name: str, expected: bool) -> None:
    assert accelerates(system(name)) == expected
