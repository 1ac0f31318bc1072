"""The house holds: rooms on floors, imports downward only, no circles, small files, nothing heavy at import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "livebg"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400

ROOMS_BELOW = {  # which rooms each room may import
    "core": set(),
    "media": {"core"},
    "models": {"core"},
    "matting": {"core"},
    "capture": {"core", "media"},
    "scene": {"core", "media"},
    "sinks": {"core", "media"},
    "pipeline": {"core", "media", "models", "matting", "capture", "scene", "sinks"},
    "bench": {"core", "media", "models", "matting", "capture", "scene", "sinks", "pipeline"},
    "panel": {"core", "media", "capture", "scene", "sinks", "pipeline"},
    "cli": {"core", "media", "pipeline", "bench", "panel"},
}
FACES = {
    "livebg.capture",
    "livebg.models",
    "livebg.scene.backgrounds",
    "livebg.sinks",
}  # open_*, list_*: for the cli
LIBRARIES = {  # beyond the standard library, what each room may import
    "core": {"numpy", "cv2", "numba", "llvmlite", "torch", "platformdirs", "psutil", "hatchling"},
    "media": {"numpy", "cv2", "av", "PIL", "pillow_heif"},
    "models": {"numpy", "cv2", "torch", "transformers", "openvino", "ai_edge_litert", "huggingface_hub", "safetensors"},
    "matting": {"numpy", "cv2", "numba", "torch"},
    "capture": {"numpy", "cv2", "av", "sounddevice", "cv2_enumerate_cameras", "inotify_simple"},
    "scene": {"numpy", "cv2", "numba", "PIL", "torch"},
    "sinks": {"numpy", "cv2", "av", "pyvirtualcam", "inotify_simple", "cryptography"},
    "panel": {"starlette", "uvicorn", "anyio", "PIL", "psutil", "dbus_fast", "pystray"},
}
OURS = {"livebg", *sys.stdlib_module_names}
ONLY_IN_TORCH_FILES = {"core", "matting", "scene"}  # there, torch is for the files *_torch.py
HEAVY = {each for room in LIBRARIES.values() for each in room} - {"pillow_heif", "psutil", "cryptography"}


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(each) for each in FILES}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@cache
def _imports(file: Path) -> set[str]:
    """Dotted names of all that a file imports, at load, in functions and for types alone."""
    found = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            whole = {f"{node.module}.{each.name}" for each in node.names}
            found |= {each if each in MODULES else str(node.module) for each in whole}
    return found


def _room(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def test_rooms_import_only_from_the_rooms_below() -> None:
    wrong = []
    for file in FILES:
        room = _room(_name(file))
        if room not in ROOMS_BELOW:  # the package's face and `python -m livebg`
            continue
        for name in _imports(file):
            if name == "livebg" or not name.startswith("livebg."):
                continue
            is_face = room == "cli" and name in FACES
            if _room(name) not in {room, *ROOMS_BELOW[room]} and not is_face:
                wrong.append(f"{_name(file)} imports {name}")
    assert not wrong


def test_rooms_import_only_their_libraries() -> None:
    wrong = []
    for file in FILES:
        room = _room(_name(file))
        for name in {each.partition(".")[0] for each in _imports(file)} - OURS if room in LIBRARIES else ():
            is_torch_elsewhere = name == "torch" and room in ONLY_IN_TORCH_FILES and not file.stem.endswith("_torch")
            if name not in LIBRARIES[room] or is_torch_elsewhere:
                wrong.append(f"{_name(file)} imports {name}")
    assert not wrong


def test_the_imports_have_no_circle() -> None:
    graph = {_name(file): (_imports(file) & MODULES) - {_name(file)} for file in FILES}
    assert set(TopologicalSorter(graph).static_order()) >= MODULES


def test_files_stay_small_and_the_root_short() -> None:
    lines = {_name(each): each.read_text().count("\n") for each in FILES}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}
    entries = {each.name for each in PACKAGE.iterdir() if each.name != "__pycache__"}
    assert entries <= {*ROOMS_BELOW, "__init__.py", "__main__.py", "py.typed", "docs"}


def test_every_folder_has_its_tests() -> None:
    folders = {each.parent.relative_to(PACKAGE) for each in FILES} - {Path()}
    assert not {str(each) for each in folders if not list((ROOT / "tests" / each).glob("test_*.py"))}


@pytest.mark.slow
def test_what_a_folder_gives_to_others_stands_in_a_test() -> None:
    """Functions and classes with code of their own that another folder uses: a test names each, and its module."""
    tests = [set(re.findall(r"\w+", each.read_text())) for each in (ROOT / "tests").rglob("*.py")]
    folders_using = defaultdict[str, set[Path]](set)
    for file in FILES:
        for name in _used(file):
            folders_using[name].add(file.parent)
    missing = []
    for file in FILES:
        module = _name(file)
        for node in _tree(file).body:
            if _has_code(node) and folders_using[f"{module}.{node.name}"] - {file.parent}:
                words = {node.name, module.rpartition(".")[2]}
                missing += [] if any(words <= each for each in tests) else [f"{module}.{node.name}"]
    assert not missing


def _used(file: Path) -> set[str]:
    """Dotted names that a file imports, and those that it takes from the modules that it imports."""
    tree = _tree(file)
    imports = [
        (node.module, each) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names
    ]
    places = {each.asname or each.name: f"{module}.{each.name}" for module, each in imports}
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return {*places.values(), *(f"{places.get(each.value.id)}.{each.attr}" for each in taken)}


def _has_code(node: ast.AST) -> TypeGuard[ast.ClassDef | ast.FunctionDef]:
    """Unlike a protocol, and a class of values alone: tests have these from who makes them."""
    if isinstance(node, ast.ClassDef):
        is_protocol = any("Protocol" in ast.unparse(each) for each in node.bases)
        return not is_protocol and any(isinstance(each, ast.FunctionDef) for each in node.body)
    return isinstance(node, ast.FunctionDef)


@pytest.mark.parametrize("call", ["import livebg", "from livebg.cli import main; main(['--help'])"])
def test_nothing_heavy_loads_before_it_is_needed(call: str) -> None:
    code = f"import sys\ntry:\n    {call}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(finished.stderr.split())
    assert "livebg" in loaded
    assert not loaded & HEAVY


@pytest.mark.slow
@pytest.mark.parametrize("room", LIBRARIES)
def test_a_room_opens_without_the_others_heavy_libraries(room: str) -> None:
    below = [LIBRARIES[each] for each in (room, *ROOMS_BELOW[room]) if each in LIBRARIES]
    allowed = set.union(*below) - {"torch"}  # but in *_torch.py
    names = [_name(each) for each in FILES if _room(_name(each)) == room]
    names = [each for each in names if not each.startswith("livebg.models.rmbg") and not each.endswith("_torch")]
    code = f"import sys\nfor each in {sorted(HEAVY - allowed)}: sys.modules[each] = None\nimport " + ", ".join(names)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_wheel_brings_the_backgrounds() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["sources"] == {"backgrounds": "livebg/backgrounds"}
    assert build["only-include"] == ["livebg", "backgrounds"]
    assert {each.name for each in ROOT.iterdir() if not each.name.startswith(".")} >= {"livebg", "backgrounds", "tests"}
