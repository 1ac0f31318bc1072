"""Model files of every damage: weights or a ModelError of one line; no code is ever run, no bomb unpacked."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hostile.damage import AT_REST, DAMAGES, Damage
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save
from small_network import SmallNetwork

from livebg.core.errors import ModelError
from livebg.core.jit import FLOATS_OUT, Kernel
from livebg.core.kernel_store import file_in
from livebg.models import checkpoint
from livebg.models.rmbg import precision
from livebg.models.rmbg.int8_form import Int8Form
from livebg.models.rmbg.openvino_cache import Kept, from_torch
from livebg.models.selfie.runtime import open_network

EXPECTED = {
    "conv_in.weight": torch.zeros(2, 3, device="meta"),
    "conv_in.bias": torch.zeros(2, device="meta"),
}
STORED = {"conv_in.weight": torch.arange(6.0).reshape(2, 3), "conv_in.bias": torch.ones(2)}


def saved(content: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


WHOLE = {
    ".safetensors": save(STORED),
    ".pth": saved(STORED),
    ".pt": saved({"epoch": 3, "model": STORED}, _use_new_zipfile_serialization=False),
}


class Runs:
    """A pickle that makes a file where it is loaded as code."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.trace,))


def loaded(path: Path) -> str:
    """'' where the weights were taken, else what is told."""
    try:
        checkpoint.load(checkpoint.checkpoints("briaai/RMBG-1.4", str(path)), EXPECTED)
    except ModelError as failure:
        told = str(failure)
        assert told.isprintable()
        assert len(told) < 1500
        return told
    return ""


@pytest.mark.slow
@AT_REST
@given(suffix=st.sampled_from([*sorted(WHOLE), ".bin"]), what=st.sampled_from(sorted(WHOLE)), damage=DAMAGES)
def test_cut_anywhere_flipped_and_mislabelled(tmp_path: Path, suffix: str, what: str, damage: Damage) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(damage.to(WHOLE[what], head=300))
    loaded(path)


@pytest.mark.slow
@AT_REST
@given(suffix=st.sampled_from(sorted(WHOLE)), content=st.binary(max_size=100))
def test_rubbish(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    assert loaded(path)


def head(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


ABSURD = {
    "a head of 2^63 bytes": head(b"{}", 2**63),
    "a head longer than the file": head(b"{}", 10**9),
    "a head that is no JSON": head(b"[" * 5000),
    "a tensor of 10^18 numbers": head(
        json.dumps({"conv_in.weight": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}}).encode()
    )
    + bytes(4),
    "a tensor outside of the file": head(
        json.dumps({"conv_in.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 10**15]}}).encode()
    ),
    "a name of a megabyte": save({"x\n" * 500_000: torch.ones(1)}),
    "another network": save({f"layer.{number}": torch.ones(1) for number in range(500)}),
}


@pytest.mark.parametrize("what", ABSURD)
def test_absurd_safetensors(tmp_path: Path, what: str, within) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(ABSURD[what])
    with within(200, 5.0):
        assert loaded(path)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".bin", ".safetensors"])
@pytest.mark.parametrize("form", ["zip", "old", "protocol 2", "newest protocol"])
def test_code_in_a_pickle_is_never_run(tmp_path: Path, suffix: str, form: str) -> None:
    trace, path = tmp_path / "was run", tmp_path / f"w{suffix}"
    evil = {**STORED, "conv_in.bias": Runs(trace)}
    if "protocol" in form:
        path.write_bytes(pickle.dumps(evil, protocol=2 if form == "protocol 2" else None))
    else:
        path.write_bytes(saved(evil, _use_new_zipfile_serialization=form == "zip"))
    refusal = loaded(path)
    assert refusal
    if suffix != ".safetensors" and form != "newest protocol":
        assert "could run code" in refusal
        assert "use a .safetensors file" in refusal
    assert not trace.exists()


@pytest.mark.slow
def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, within, monkeypatch) -> None:
    monkeypatch.setattr(checkpoint, "LARGEST_BYTES", 50_000_000)
    path = tmp_path / "w.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("archive/data.pkl", "archive/data/0"):
            archive.writestr(name, bytes(40_000_000))
    with within(200, 5.0):
        assert "too large: it holds 80,000,000 bytes" in loaded(path)


@pytest.mark.parametrize("bias", [torch.ones(2, device="meta"), torch.ones(2).to_sparse()], ids=["meta", "sparse"])
@pytest.mark.filterwarnings("ignore")
def test_tensors_that_hold_no_plain_numbers(tmp_path: Path, bias: torch.Tensor) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(saved({**STORED, "conv_in.bias": bias}))
    assert loaded(path)


def test_paths_that_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "folder.pth").mkdir()
    for path in (tmp_path / "folder.pth", tmp_path / ("x" * 300 + ".pth"), Path("/dev/null"), tmp_path / "absent.pth"):
        assert loaded(path)


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(90), b"\x08\x07\x12\x04onnx" * 9, b"words " * 99]
)
def test_rubbish_for_the_light_engine(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "selfie.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="selfie engine's model") as raised:
        open_network(path, 256, 144)
    assert str(raised.value).isprintable()


@pytest.fixture(scope="module")
def exported() -> Any:
    return from_torch(SmallNetwork())


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".xml", ".bin"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_kept_network_that_was_cut_is_made_anew(tmp_path: Path, exported: Any, ending: str, share: float) -> None:
    kept = Kept(tmp_path, "test")
    kept.write(exported, ".xml")
    file = kept.place(ending)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    assert Kept(tmp_path, "test").read(".xml") is None


@pytest.mark.parametrize(
    "content", [b"", b"[" * 5000, b"[]", b"{}", b'{"short_px": 1}', b"\xff", b"1", b'"a"', b"null"]
)
def test_rubbish_beside_a_kept_network_counts_as_none(tmp_path: Path, content: bytes) -> None:
    kept = Kept(tmp_path, "test")
    file = kept.place("-int8.json")
    file.write_bytes(content)
    assert Int8Form(kept).proven(288) is None
    assert precision.read_verdict(file, "this", ("f32",)) is None


def test_a_verdict_of_words_for_numbers_is_none(tmp_path: Path) -> None:
    file = tmp_path / "verdict.json"
    told = {"precision": "bf16", "processor": "this", "candidates": ["bf16", "f32"], "times_ms": {}}
    file.write_text(json.dumps({**told, "differences": {"bf16": {"mean": "much", "share": 0}}}))
    assert precision.read_verdict(file, "this", ("bf16", "f32")) is None


@pytest.mark.slow
@pytest.mark.parametrize("rubbish", [b"", b"\x80\x04K\x01.", b"cnowhere\nnothing\n.", b"(lp0\nI1\na.", b"\xff" * 50])
def test_rubbish_in_the_compiled_loops_folder_only_costs_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rubbish: bytes
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    made = Kernel(add_one, (FLOATS_OUT,))
    file = file_in(tmp_path / "livebg", made.name, made.key)
    file.parent.mkdir()
    file.write_bytes(hashlib.sha256(rubbish).digest() + rubbish)  # whole, as somebody else's livebg might write it
    values = np.zeros(3, np.float32)
    made(values)
    assert values.tolist() == [1, 1, 1]
    assert Kernel(add_one, (FLOATS_OUT,)).load()


def add_one(values: Any) -> None:
    for index in range(values.size):
        values[index] += 1
