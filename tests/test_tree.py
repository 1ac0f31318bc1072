"""The house holds: tests mirror the package, imports point one way, files stay small, nothing heavy at import."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "livebg"
ROOMS = ("capture", "gpu", "matting", "scene", "sinks")
MODULES = sorted(each.relative_to(PACKAGE) for each in PACKAGE.rglob("*.py"))
HEAVY = (
    "av",
    "cv2",
    "numba",
    "ai_edge_litert",
    "huggingface_hub",
    "openvino",
    "PIL",
    "pyvirtualcam",
    "sounddevice",
    "torch",
    "transformers",
)
ROOT_VOCABULARY = {
    "stages",
    "tickets",
    "settings",
    "errors",
    "mailbox",
    "stats",
    "controls",
    "picture_file",
    "picture_colours",
    "hdr_picture",
    "clip_alpha",
    "tone_map",
    "icc_profile",
    "metadata",
    "video_bounds",
    "film_vocabulary",
    "film_picture",
    "dolby_vision",
    "film_filters",
    "photo_vocabulary",
    "photo_forms",
    "sound_vocabulary",
    "colour_profile",
    "take",
    "opencv",
    "shrink",
    "compiled",
    "area",
    "machine",
    "marking",
    "file_lock",
    "private",
    "places",
    "same_file",
    "kept",
}

MAY_IMPORT = {  # beyond the standard library and the root vocabulary
    "capture": {"numpy", "numba", "cv2", "av", "PIL", "cv2_enumerate_cameras", "inotify_simple", "sounddevice"},
    "matting": {
        "numpy",
        "cv2",
        "numba",
        "ai_edge_litert",
        "torch",
        "transformers",
        "openvino",
        "huggingface_hub",
        "safetensors",
        "platformdirs",
    },
    "scene": {"numpy", "cv2", "numba", "PIL", "av"},
    "sinks": {"numpy", "cv2", "av", "pyvirtualcam", "PIL", "inotify_simple"},
    "gpu": {"numpy", "torch"},
}
MAY_IMPORT_LIVEBG = {
    "settings": {"errors", "knob"},
    "toml_file": {"errors"},
    "errors": set(),
    "knob": {"errors"},
    "stages": {"settings"},
    "shrink": {"area", "stages"},
    "area": {"compiled", "stages"},
    "compiled": set(),
    "mailbox": {"errors", "settings"},
    "stats": {"errors", "settings"},
    "controls": {"errors", "settings"},
    "pipeline": {"controls", "errors", "mailbox", "making", "scene", "stages", "stats", "tickets"},
    "making": {"controls", "shift", "stats", "tickets"},
    "shift": {"controls", "errors", "mailbox", "matting", "settings", "stages", "stats", "tickets"},
    "marking": {"stages"},
    "sound_vocabulary": set(),
    "take": set(),
    "show_camera": {"marking", "settings", "stages"},
    "settings_file": {"controls", "errors", "settings", "toml_file"},
    "signals": set(),
    "file_lock": set(),
    "private": {"file_lock"},
    "places": {"errors"},
    "same_file": set(),
    "kept": {"errors", "same_file", "settings"},
    "standard_streams": {"errors"},
    "journey": {"errors", "matting", "scene", "settings", "stages", "stats"},
    "governor": {"settings"},
    "tickets": {"settings", "stages"},
    "on_host": {*ROOT_VOCABULARY, *ROOMS, "governor", "journey", "plate_file", "tickets"},
    "assembly": {*ROOT_VOCABULARY, *ROOMS, "making", "on_gpu", "on_host", "pipeline", "shift", "show_camera"},
    "shortage": set(),
    "app": {*ROOT_VOCABULARY, *ROOMS, "assembly", "pipeline", "settings_file", "signals"},
    "cli": {
        "",
        "settings",
        "settings_file",
        "errors",
        "app",
        "bench",
        "demo",
        "files",
        "inventory",
        "options",
        "parser",
        "plate_command",
        "shortage",
    },
}


def _imports(path: Path) -> set[str]:
    """Dotted names of everything a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            is_package = node.module == "livebg"
            found |= {f"livebg.{each.name}" for each in node.names} if is_package else {str(node.module)}
    return found


@pytest.mark.parametrize(
    "module", [each for each in MODULES if each.name not in ("__init__.py", "__main__.py")], ids=str
)
def test_every_module_has_its_test(module: Path) -> None:
    assert (ROOT / "tests" / module.parent / f"test_{module.name}").exists()


@pytest.mark.parametrize("module", [each for each in MODULES if each.parts[0] in ROOMS], ids=str)
def test_a_room_imports_only_what_it_may(module: Path) -> None:
    room = module.parts[0]
    for name in _imports(PACKAGE / module):
        top, _, rest = name.partition(".")
        if top == "livebg":
            part = rest.partition(".")[0]
            is_version = part == "__version__"
            assert part in {room, "", *ROOT_VOCABULARY} or is_version, f"{module} imports {name}"
        else:
            assert top in MAY_IMPORT[room] or top in sys.stdlib_module_names or top == "__future__", f"{module}: {name}"


@pytest.mark.parametrize("name", sorted(MAY_IMPORT_LIVEBG))
def test_a_root_module_imports_only_what_it_may(name: str) -> None:
    for imported in _imports(PACKAGE / f"{name}.py"):
        top, _, rest = imported.partition(".")
        if top == "livebg":
            part = rest.partition(".")[0].replace("__version__", "")
            assert part in MAY_IMPORT_LIVEBG[name], f"{name} imports {imported}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_file_outgrows_its_room(module: Path) -> None:
    lines = (PACKAGE / module).read_text().count("\n")
    assert lines <= {"pipeline.py": 125}.get(str(module), 400)


@pytest.mark.parametrize("call", ["import livebg", "from livebg.cli import main; main(['--help'])"])
def test_nothing_heavy_loads_before_it_is_needed(call: str) -> None:
    code = f"import sys\ntry:\n    {call}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(finished.stderr.split())
    assert "livebg" in loaded
    assert not loaded & {*HEAVY, "numpy", "platformdirs"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_without_the_others_heavy_libraries(room: str) -> None:
    blocked = sorted(set(HEAVY) - MAY_IMPORT[room])
    names = [f"livebg.{'.'.join(each.with_suffix('').parts)}" for each in MODULES if each.parts[0] == room]
    names = [each for each in names if not each.endswith("__init__") and ".rmbg" not in each]
    code = f"import sys\nfor each in {blocked}: sys.modules[each] = None\nimport " + ", ".join(names)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_wheel_brings_the_backgrounds() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["force-include"] == {"backgrounds": "livebg/backgrounds"}
    assert {each.name for each in ROOT.iterdir() if not each.name.startswith(".")} >= {"livebg", "backgrounds", "tests"}
