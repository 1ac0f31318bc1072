"""Every command where torch, transformers or openvino is not installed: a livebg process that cannot find them.

Nor can the processes that it starts: a sitecustomize module takes them away before anything else is loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from films import make_film
from patience import HANGS_S
from PIL import Image as Pillow

pytestmark = pytest.mark.process

HIDING = """
import importlib.machinery, importlib.metadata
def hidden(found, name, *rest):
    return None if name.partition(".")[0] in {lost!r} else found(name, *rest)
def no_distribution(found, name):
    if name in {lost!r}:
        raise importlib.metadata.PackageNotFoundError(name)
    return found(name)
find, version = importlib.machinery.PathFinder.find_spec, importlib.metadata.version
importlib.machinery.PathFinder.find_spec = lambda name, *rest: hidden(find, name, *rest)
importlib.metadata.version = lambda name: no_distribution(version, name)
"""
WITH_TRANSFORMERS = ("transformers", "huggingface_hub", "safetensors", "tokenizers")
LOST = {
    "torch": ("torch",),
    "transformers": WITH_TRANSFORMERS,
    "openvino": ("openvino",),
    "all": ("torch", *WITH_TRANSFORMERS, "openvino"),
}
SMALL = "--size 64x36 --seconds 0.3"
WORKING = [
    f"run --source synthetic {SMALL} --to out.mp4",
    f"run --source synthetic {SMALL} --engine selfie --to out.png --device auto",
    f"demo {SMALL}",
    "video a.mp4 -o b.mp4",
    "image a.jpg",
    "models",
    "models fetch selfie",
    "devices",
    "backgrounds",
    "help install",
]
FOR_RMBG = [
    f"run --source synthetic {SMALL} --to none.png --engine rmbg",
    f"demo {SMALL} --force --engine rmbg --device cuda",
    "video a.mp4 -o c.mp4 --engine rmbg",
    "image a.jpg --force --engine rmbg",
    "models fetch rmbg",
    "models quantise rmbg --calibrate a.mp4",
]
PROGRAM = """
import sys, numpy, livebg
from livebg.cli import main
for command in sys.stdin.read().splitlines():
    print("\\n$", command, file=sys.stderr, flush=True)
    print("exit code", main(command.split()), file=sys.stderr, flush=True)
alpha = livebg.matte(numpy.full((36, 64, 3), 90, numpy.uint8))
print("alpha of", alpha.shape, file=sys.stderr)
"""


@pytest.fixture(params=LOST)
def lost(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "sitecustomize.py").write_text(HIDING.format(lost=LOST[request.param]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "lost"), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    make_film(tmp_path / "a.mp4", 6)
    Pillow.new("RGB", (64, 48), "gray").save(tmp_path / "a.jpg")
    return str(request.param)


def _run(folder: Path, commands: list[str]) -> tuple[list[str], str]:
    """What each command said, and all of it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="\n".join(commands), cwd=folder, capture_output=True, text=True,
        timeout=HANGS_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "alpha of (36, 64)" in done.stderr
    return done.stderr.split("\n$ ")[1:], done.stderr


def test_every_command_works_and_rmbg_says_what_to_install(lost: str, tmp_path: Path) -> None:
    said, all_said = _run(tmp_path, WORKING + FOR_RMBG)
    assert len(said) == len(WORKING + FOR_RMBG)
    for each in said[: len(WORKING)]:
        assert "exit code 0" in each, each
    for each in said[len(WORKING) :]:
        assert "exit code 4" in each, each
        if lost != "openvino":
            assert each.count("rmbg cannot run: ") == 1, each
            assert each.count(" -m pip install ") == 1, each
    if lost == "openvino":  # torch would run rmbg if its weights were here; only quantising needs openvino
        assert "rmbg cannot run: openvino is not installed; to install all it needs: " in said[-1]
        assert all_said.count("rmbg cannot run: ") == 1
        assert "OpenVINO is not installed; to install it: " in all_said
    assert (tmp_path / "out.mp4").stat().st_size > 0


@pytest.mark.parametrize("lost", ["all"], indirect=True)
def test_bench_measures_the_light_engine(lost: str, tmp_path: Path) -> None:
    (said,), _ = _run(tmp_path, [f"bench {SMALL}"])
    assert "exit code 0" in said, (lost, said)


@pytest.mark.parametrize("lost", ["all"], indirect=True)
def test_the_doctor_finds_no_fault_in_it(lost: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "livebg", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS_S)
    assert "cannot be looked at" not in done.stdout, (lost, done.stdout)
    assert "packages: " not in done.stdout
