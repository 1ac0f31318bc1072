"""What livebg says where torch, transformers or openvino are not installed."""

from __future__ import annotations

import logging
import re
import shlex
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from livebg.core import libraries
from livebg.core.errors import ModelError, SettingsError
from livebg.core.settings import Settings
from livebg.core.types import SourceInfo
from livebg.models import device, fetch_model, list_engines, open_engine
from livebg.models.device import choose_device
from livebg.models.openvino import import_openvino
from livebg.models.selfie.engine import SelfieEngine
from livebg.pipeline import inventory

WIDE = SourceInfo("test", 64, 36, 30.0, True)
PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes modules away: importing them fails as where they are not installed."""

    def take(*modules: str) -> None:
        for each in modules:
            monkeypatch.setitem(sys.modules, each, None)

    return take


def test_nothing_is_missing_here() -> None:
    assert libraries.missing() == []
    assert libraries.obstacle() == ""
    libraries.check(libraries.ONLY_FOR_RMBG)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (["torch"], "torch is not installed"),
        (["huggingface_hub", "safetensors"], "transformers is not installed"),
        (["torch", "safetensors", "openvino"], "torch, transformers are not installed"),
        (["openvino"], ""),
    ],
)
def test_what_rmbg_cannot_run_without(lose: Callable[..., None], lost: list[str], said: str) -> None:
    lose(*lost)
    assert libraries.obstacle() == said
    if said:
        with pytest.raises(ModelError, match=f"rmbg cannot run: {said}; to install all it needs: "):
            libraries.check()


def test_the_command_installs_what_livebg_asks_for() -> None:
    """Given to a shell, it means the packages and limits of pyproject.toml, in the environment of this Python."""
    words = shlex.split(libraries.command(list(libraries.ONLY_FOR_RMBG)))
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    for word, package in zip(words[4:], libraries.ONLY_FOR_RMBG, strict=True):
        (wanted,) = [each for each in PROJECT["dependencies"] if re.match(rf"{package}\b", each)]
        assert sorted(re.findall(r"[<>=]+[\d.]+", word)) == sorted(re.findall(r"[<>=]+[\d.]+", wanted))
        assert word.startswith(package)


def test_the_command_where_there_is_no_pip(lose: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    lose("pip")
    monkeypatch.setattr(sys, "executable", "/home/an na/python")

    def unknown(_: str) -> list[str]:
        raise metadata.PackageNotFoundError("livebg")

    monkeypatch.setattr(metadata, "requires", unknown)
    assert libraries.command(["torch"]) == 'uv pip install --python "/home/an na/python" torch'


def test_auto_takes_selfie_and_rmbg_says_the_command(lose: Callable[..., None]) -> None:
    lose("torch")
    engine = open_engine(Settings(), WIDE)
    assert isinstance(engine, SelfieEngine)
    assert "torch is not installed" in engine.description
    engine.close()
    for chosen in (Settings(engine="rmbg"), Settings(engine="rmbg", device="cuda"), Settings(weights="here.pth")):
        with pytest.raises(ModelError, match=r"rmbg cannot run: torch is not installed; .* -m pip install"):
            open_engine(chosen, WIDE)
    with pytest.raises(ModelError, match="--subject anything: torch is not installed"):
        open_engine(Settings(subject="anything"), WIDE)


def test_models_are_listed_without_the_hubs_library(lose: Callable[..., None]) -> None:
    lose("huggingface_hub")
    (rmbg,) = [each for each in list_engines("briaai/RMBG-1.4") if each.name == "rmbg"]
    assert "non-commercial" in rmbg.licence
    assert rmbg.cached is None
    assert inventory.models(Settings())[-1].startswith("rmbg: transformers not installed; to install: ")
    assert len(fetch_model("selfie", "briaai/RMBG-1.4")) == 2
    with pytest.raises(ModelError, match="transformers is not installed"):
        fetch_model("rmbg", "briaai/RMBG-1.4")


def test_quantising_needs_openvino_too(lose: Callable[..., None]) -> None:
    with pytest.raises(SettingsError, match="--calibrate"):
        inventory.quantise_model("rmbg", Settings(), "")
    lose("openvino")
    with pytest.raises(ModelError, match="openvino is not installed"):
        inventory.quantise_model("rmbg", Settings(), "")


def test_a_gpu_is_nothing_without_torch(lose: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "has_cuda_driver", lambda: True)
    lose("torch")
    assert choose_device("auto").kind == "cpu"
    with pytest.raises(ModelError, match="a GPU driver is present, but torch is not installed"):
        choose_device("cuda")


def test_without_openvino_torch_runs_the_network(lose: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    from small_network import CountingSource, SmallNetwork

    from livebg.models.rmbg.torch_runtime import open_runtime

    lose("openvino")
    with pytest.raises(ImportError, match=r'OpenVINO is not installed; to install it: .*"openvino>='):
        import_openvino()
    with caplog.at_level(logging.WARNING):
        runtime = open_runtime(CountingSource(SmallNetwork()), choose_device("cpu"))
    assert runtime.description == "torch float32"
    assert "OpenVINO is not installed; to install it: " in caplog.text
    assert runtime.run(np.zeros((1, 3, 32, 64), np.float32)).shape == (32, 64)
    runtime.close()
