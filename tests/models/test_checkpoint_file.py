"""Weights files as files: cut short, holding code, too large, or with tensors that hold no numbers."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from livebg.core.errors import ModelError
from livebg.models import checkpoint
from livebg.models.checkpoint import check_size, is_plain, read

STORED = {"conv_in.weight": torch.arange(6.0).reshape(2, 3), "conv_in.bias": torch.ones(2)}


class Malicious:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.trace,))


def torch_file(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def safe_file(path: Path) -> Path:
    save_file(STORED, path)
    return path


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.pth"])
def test_a_truncated_file(tmp_path: Path, name: str) -> None:
    whole = safe_file(tmp_path / "w.safetensors") if name.endswith("s") else torch_file(tmp_path / "w.pth", STORED)
    cut = tmp_path / name
    cut.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(ModelError, match=rf"{name} is damaged or cut short \([\d,]+ bytes; RMBG-1\.4's has 176 MB\)"):
        read(cut)


def test_a_file_that_could_run_code_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "was run"
    modern = torch_file(tmp_path / "modern.pth", {"conv_in.weight": Malicious(trace)})
    plain = tmp_path / "plain.bin"
    plain.write_bytes(pickle.dumps(Malicious(trace), protocol=2))
    for file in (modern, plain):
        with pytest.raises(ModelError, match=rf"{file.name} is refused: .*could run code.*use a \.safetensors file"):
            read(file)
    assert not trace.exists()


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = safe_file(tmp_path / "w.safetensors")
    assert check_size(file) == file.stat().st_size
    monkeypatch.setattr(checkpoint, "LARGEST_BYTES", 100)
    with pytest.raises(ModelError, match="is too large: it holds"):
        read(file)
    with pytest.raises(ModelError, match=r"absent\.pth cannot be read: No such file"):
        read(tmp_path / "absent.pth")


def test_a_plain_tensor_has_its_numbers_here() -> None:
    assert is_plain(torch.ones(2))
    assert not is_plain(torch.ones(2, device="meta"))
    assert not is_plain(torch.ones(2).to_sparse())
    assert not is_plain([1.0, 1.0])
