from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("its stand-ins are those of Linux", allow_module_level=True)

from livebg.pipeline.doctor import probe_gpu


def _card(pci: Path, slot: str, vendor: str, kind: str) -> None:
    (pci / slot).mkdir()
    (pci / slot / "vendor").write_text(f"{vendor}\n")
    (pci / slot / "class").write_text(f"{kind}\n")


def test_cards_driver_and_capability(tmp_path: Path, stand_in: Callable[[str, str], None]) -> None:
    pci = tmp_path / "pci"
    pci.mkdir()
    _card(pci, "0000:00:02.0", "0x8086", "0x030000")
    _card(pci, "0000:00:1f.3", "0x8086", "0x040300")  # sound
    _card(pci, "0000:01:00.0", "0x10de", "0x030200")
    stand_in("nvidia-smi", "echo 'NVIDIA RTX 4060, 550.120, 8.9'")
    seen = probe_gpu.gpu(pci)
    assert seen.cards == ("intel", "nvidia")
    assert (seen.names, seen.driver, seen.capabilities) == (("NVIDIA RTX 4060",), "550.120", ("8.9",))
    assert seen.driver_error == ""
    assert seen.torch


def test_a_driver_that_fails_says_why(tmp_path: Path, stand_in: Callable[[str, str], None]) -> None:
    stand_in("nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; echo x; exit 18")
    seen = probe_gpu.gpu(tmp_path)
    assert (seen.cards, seen.driver) == ((), "")
    assert seen.driver_error == "Failed to initialize NVML: Driver/library version mismatch"


def test_what_torch_is_built_for_is_read_without_loading_it() -> None:
    import importlib.metadata

    cuda, hip = probe_gpu.torch_build()
    version = importlib.metadata.version("torch")
    assert (cuda == "") == ("+cpu" in version or "+rocm" in version)
    assert (hip != "") == ("+rocm" in version)
