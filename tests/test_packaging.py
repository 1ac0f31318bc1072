"""What is in the wheel and the source distribution, what their metadata and NOTICE say, and the container file."""

from __future__ import annotations

import email
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from livebg.core import libraries
from livebg.core.version import VERSION
from livebg.models import repository
from livebg.models.selfie import model_file

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "livebg" / "docs"
NOTICE = " ".join((DOCS / "NOTICE").read_text().split())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INFO = f"livebg-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[zipfile.ZipFile, Path]:
    """A wheel out of the unpacked source distribution, as pip makes it of one, and that folder; without what hooks add,
    which is compiled for this machine."""
    pytest.importorskip("hatchling")
    environment = {**os.environ, "HATCH_BUILD_NO_HOOKS": "true"}
    folder = tmp_path_factory.mktemp("built")
    build = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", build, "build_sdist", str(folder)], cwd=ROOT, env=environment, check=True)
    shutil.unpack_archive(next(folder.glob("*.tar.gz")), folder)
    sources = folder / f"livebg-{VERSION}"
    subprocess.run([sys.executable, "-c", build, "build_wheel", str(folder)], cwd=sources, env=environment, check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl"))), sources


def _tracked() -> set[str]:
    """The tree's files, but those that git ignores; skips where this is no clone."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a clone, or no git")
    return {each for each in listed.split("\0") if each and (ROOT / each).is_file()}


@pytest.mark.slow
def test_the_source_distribution_is_what_a_wheel_is_made_from(built: tuple[zipfile.ZipFile, Path]) -> None:
    """The clone without its tests and what made the backgrounds."""
    sources = built[1]
    held = {str(each.relative_to(sources)) for each in sources.rglob("*") if each.is_file()}
    about = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"}
    backgrounds = {each for each in _tracked() if re.fullmatch(r"backgrounds/[^/]+\.(jpg|mp4|md)", each)}
    assert held - {"PKG-INFO"} == {each for each in _tracked() if each.startswith("livebg/")} | backgrounds | about
    assert not [each for each in held if (ROOT / each).is_file() and _differs(ROOT / each, sources / each)]


def _differs(one: Path, other: Path) -> bool:
    return one.read_bytes() != other.read_bytes()


@pytest.mark.slow
def test_the_wheel_is_the_package_and_its_backgrounds(built: tuple[zipfile.ZipFile, Path]) -> None:
    wheel, sources = built
    held = set(wheel.namelist())
    package = {str(each.relative_to(sources)) for each in (sources / "livebg").rglob("*") if each.is_file()}
    pictures = {
        f"livebg/{each.relative_to(sources)}" for each in (sources / "backgrounds").rglob("*") if each.is_file()
    }
    about = {f"{INFO}/{each}" for each in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    about |= {f"{INFO}/licenses/{each}" for each in PROJECT["license-files"]}
    assert held == package | pictures | about
    assert {"livebg/py.typed", "livebg/docs/Containerfile", "livebg/docs/NOTICE"} <= held
    assert {each.suffix for each in map(Path, pictures)} == {".jpg", ".mp4", ".md"}


@pytest.mark.slow
def test_the_metadata_are_complete(built: tuple[zipfile.ZipFile, Path]) -> None:
    about = email.message_from_bytes(built[0].read(f"{INFO}/METADATA"))
    assert (about["Name"], about["Version"], about["Requires-Python"]) == ("livebg", VERSION, ">=3.11")
    assert about["License-Expression"] == "MIT AND Apache-2.0"
    assert about["Description-Content-Type"] == "text/markdown"
    assert about.get_all("License-File") == PROJECT["license-files"]
    assert not [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]  # PEP 639
    assert "livebg = livebg.__main__:script" in built[0].read(f"{INFO}/entry_points.txt").decode()


def test_notice_names_everything_of_others() -> None:
    for name, _ in model_file.FILES.values():
        assert f"livebg/models/selfie/mediapipe/{name}" in NOTICE
    assert "Apache License 2.0" in NOTICE
    assert model_file.LICENCE == "Apache-2.0"
    for each in repository.KNOWN.values():
        assert f"{each.name} {each.licence}." in NOTICE
    pictures = [each.name for each in (ROOT / "tests" / "bench" / "pictures").iterdir()]
    # Two kinds show only what is ours: the backgrounds, and the panel before the drawn scene.
    shown = {each for each in pictures if each != "backgrounds.jpg" and not each.startswith("panel-")}
    assert {each for each in shown if each not in NOTICE} == set()
    assert all((ROOT / each).is_file() for each in PROJECT["license-files"])


def test_what_the_package_holds_beside_code_and_pages_is_in_notice() -> None:
    ours = {".py", ".md", ".typed", ".txt", ".pyc", ".svg", ".js", ".css", ".html", ".json"}
    others = [each for each in (ROOT / "livebg").rglob("*") if each.is_file() and each.suffix not in ours]
    others = [
        each
        for each in others
        if "__pycache__" not in each.parts and each.name not in ("NOTICE", "Containerfile", "LICENSE")
    ]
    assert len(others) == 2
    assert not [each for each in others if str(each.relative_to(ROOT)) not in NOTICE]


def test_the_light_requirements_are_the_projects_without_rmbgs() -> None:
    lines = (DOCS / "requirements-light.txt").read_text().splitlines()
    light = [each for each in lines if not each.startswith("#")]
    names = [re.split(r"[<>=]", each)[0] for each in PROJECT["dependencies"]]
    assert set(libraries.ONLY_FOR_RMBG) <= set(names)
    wanted = zip(names, PROJECT["dependencies"], strict=True)
    assert light == [each for name, each in wanted if name not in libraries.ONLY_FOR_RMBG]


def _instructions() -> list[tuple[str, str]]:
    """Of the container file: ('FROM', 'python:... AS build'), ..., with continued lines joined."""
    lines = [each for each in (DOCS / "Containerfile").read_text().splitlines() if not each.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (each.partition(" ") for each in joined.splitlines() if each)]


def test_the_container_file_fits_the_tree() -> None:
    """It copies what is there and all that a build needs, and starts the command that the wheel installs."""
    steps = _instructions()
    copied = [shlex.split(rest)[:-1] for word, rest in steps if word == "COPY" and not rest.startswith("--from")]
    names = {name for each in copied for name in each}
    assert not {each for each in names if not (ROOT / each).exists()}
    assert names == {"pyproject.toml", "README.md", "LICENSE", "livebg", "backgrounds"}
    (run,) = [rest for word, rest in steps if word == "RUN" and "pip install" in rest]
    assert all((ROOT / each).is_file() for each in re.findall(r"-r (\S+)", run))
    assert dict(steps)["ENTRYPOINT"] == f'["{next(iter(PROJECT["scripts"]))}"]'
    assert dict(steps)["USER"].isdecimal(), "no root"
    (opencv,) = [each for each in PROJECT["dependencies"] if each.startswith("opencv-python")]
    assert f'"{opencv.replace("python", "python-headless")}"' in run


def test_the_pages_commands_for_containers_are_the_files() -> None:
    page = (DOCS / "install.md").read_text()
    assert "podman build -f livebg/docs/Containerfile -t livebg ." in page
    assert set(re.findall(r"--build-arg (\w+)=|build argument `(\w+)`", page)) <= {("VARIANT", ""), ("", "PIP_ARGS")}
    assert {rest.partition("=")[0] for word, rest in _instructions() if word == "ARG"} == {"VARIANT", "PIP_ARGS"}
    for command in (
        "python -m pip install -r livebg/docs/requirements-light.txt && python -m pip install --no-deps .",
        f"printf '%s\\n' {' '.join(libraries.ONLY_FOR_RMBG)} | uv tool install . --excludes -",
    ):
        assert command in page
