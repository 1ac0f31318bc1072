"""What `import livebg` offers: names that load when somebody asks for them, and types that editors complete."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import get_type_hints

import pytest
import settings_dict

import livebg
from livebg.core.settings import OPTIONS


def test_every_public_name_is_there() -> None:
    assert set(dir(livebg)) == set(livebg.__all__)
    for name in livebg.__all__:
        assert getattr(livebg, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'sesion'"):
        livebg.sesion  # type: ignore[attr-defined]  # noqa: B018 - the fault under test


def test_names_come_by_from_import_without_anything_heavy() -> None:
    code = "from livebg import Settings, SettingsDict, SettingsError; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "cv2", "numba", "numpy", "av", "PIL"} & set(loaded)


def test_the_typed_settings_are_the_declared_ones() -> None:
    assert settings_dict.FILE.read_text() == settings_dict.module(), "run: python tests/settings_page.py"
    assert set(get_type_hints(livebg.SettingsDict)) == set(OPTIONS)


@pytest.mark.parametrize(
    "function", [livebg.matte, livebg.mattes, livebg.composite, livebg.run, livebg.Session, livebg.Session.set]
)
def test_they_all_take_the_typed_settings(function: object) -> None:
    assert "Unpack[SettingsDict]" in str(inspect.signature(function))  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_type_checker_finds_what_is_wrong() -> None:
    from mypy import api

    code = """
import cv2, livebg
livebg.matte("a.jpg", engine="selfie", background="blur", smoothing=0.5)
livebg.matte("a.jpg", people="two")
livebg.Session(smothing=0.5)
for out in livebg.stream(source="a.mp4", people="one"):
    reveal_type(out.alpha)
frame = cv2.imread("a.jpg")
assert frame is not None
livebg.Session()(frame), livebg.matte(frame), livebg.mattes([frame]), livebg.stream([frame])
livebg.sesion
"""
    told, _, _ = api.run(["--strict", "-c", code])
    lines = {int(each.split(":")[1]): each for each in reversed(told.splitlines()) if each.startswith("<string>")}
    assert set(lines) == {4, 5, 7, 11}, told
    assert "Literal['all', 'one']" in lines[4]
    assert "smothing" in lines[5]
    assert "float" in lines[7]
