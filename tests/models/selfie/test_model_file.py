"""The light engine's networks come with livebg, with their licence, and are what they should be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from livebg.core.errors import ModelError
from livebg.models.selfie.model_file import FILES, FOLDER, model_file


@pytest.mark.parametrize("shape", FILES)
def test_both_networks_are_here_and_whole(shape: str) -> None:
    assert model_file(shape).stat().st_size > 200_000


def test_their_licence_lies_beside_them() -> None:
    assert "Apache License" in (FOLDER / "LICENSE").read_text()


def test_a_damaged_one_is_not_used(tmp_path: Path) -> None:
    damaged = Path(shutil.copy(model_file("square"), tmp_path))
    with damaged.open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"tampered")
    with pytest.raises(ModelError, match=r"is damaged: .*install livebg again"):
        model_file("square", tmp_path)


def test_a_missing_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read: No such file.*install livebg again"):
        model_file("landscape", tmp_path)
