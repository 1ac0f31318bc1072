"""Fetching the light engine's model with pip, from a folder that stands in for the package index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from livebg.core.errors import ModelError
from livebg.models.selfie import model_file
from livebg.models.selfie.model_file import ModelFile, fetch, find_cached

WHEEL = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small wheel of the right name, pinned in place of the real one; an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    files = {}
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for shape, real in model_file.FILES.items():
            archive.writestr(real.member, shape * 50)
            files[shape] = ModelFile(real.member, _sha256((shape * 50).encode()))
        archive.writestr(
            "mediapipe-0.10.21.dist-info/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n"
        )
        archive.writestr(
            "mediapipe-0.10.21.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
        )
        archive.writestr("mediapipe-0.10.21.dist-info/RECORD", "")
    monkeypatch.setattr(model_file, "FILES", files)
    monkeypatch.setattr(model_file, "WHEEL_SHA256", _sha256((folder / WHEEL).read_bytes()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.slow
def test_it_is_fetched_once_and_then_cached(index: Path) -> None:
    assert find_cached("landscape") is None
    path = fetch("landscape")
    assert path.read_text() == "landscape" * 50
    (index / WHEEL).unlink()
    assert fetch("landscape") == path
    assert find_cached("square") is not None


@pytest.mark.slow
def test_a_damaged_file_is_fetched_again(index: Path, caplog: pytest.LogCaptureFixture) -> None:
    del index
    path = fetch("square")
    path.write_bytes(b"half of it")
    assert fetch("square").read_text() == "square" * 50
    assert "is damaged" in caplog.text


@pytest.mark.slow
def test_another_wheel_is_refused(index: Path) -> None:
    with (index / WHEEL).open("ab") as stream:
        stream.write(b"tampered")
    with pytest.raises(ModelError, match="cannot be fetched") as failure:
        fetch("landscape")
    assert "livebg models fetch selfie" in str(failure.value)
    assert find_cached("landscape") is None


@pytest.mark.slow
def test_a_model_of_another_hash_is_refused(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del index
    wrong = {shape: ModelFile(each.member, "0" * 64) for shape, each in model_file.FILES.items()}
    monkeypatch.setattr(model_file, "FILES", wrong)
    with pytest.raises(ModelError, match="expected 0000"):
        fetch("landscape")


@pytest.mark.slow
def test_a_wheel_without_the_model_is_said(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del index
    monkeypatch.setattr(model_file, "FILES", {"landscape": ModelFile("mediapipe/absent.tflite", "0" * 64)})
    with pytest.raises(ModelError, match=r"absent\.tflite"):
        fetch("landscape")


@pytest.mark.slow
def test_no_index_is_said_with_what_to_do(index: Path) -> None:
    (index / WHEEL).unlink()
    with pytest.raises(ModelError, match="check the network and pip's package index"):
        fetch("landscape")
