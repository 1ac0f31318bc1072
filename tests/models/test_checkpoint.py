"""Reading weights: prefixes, other file kinds, damage, code in a pickle, and what is said when nothing fits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from stand_in_hub import COMMIT, StandInHub, serve

from livebg.core.errors import ModelError
from livebg.models import checkpoint
from livebg.models.checkpoint import Checkpoint, check_size, checkpoints, fit, is_plain, load, read, show_licence
from livebg.models.hub import Access, Repository

EXPECTED = {
    "conv_in.weight": torch.zeros(2, 3, device="meta"),
    "conv_in.bias": torch.zeros(2, device="meta"),
    "bn.num_batches_tracked": torch.zeros((), dtype=torch.int64, device="meta"),
}
STORED = {
    "conv_in.weight": torch.arange(6.0).reshape(2, 3),
    "conv_in.bias": torch.ones(2),
    "bn.num_batches_tracked": torch.tensor(9),
}


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The licence's note is remembered here, not in the user's folder."""
    folder = tmp_path / "state"
    monkeypatch.setattr(checkpoint, "state_folder", lambda: folder)
    return folder


@pytest.fixture
def stand_in() -> Iterator[StandInHub]:
    with serve({"config.json": b"{}"}) as running:
        yield running


def local(path: Path, **tensors: torch.Tensor) -> Path:
    save_file(tensors or STORED, path)
    return path


def load_local(path: Path | str) -> dict[str, torch.Tensor]:
    return load(checkpoints("briaai/RMBG-1.4", str(path)), EXPECTED)[1]


def torch_file(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "net.", "network.", "module.model."])
def test_a_common_prefix_is_taken_off(prefix: str) -> None:
    fitted = fit({prefix + key: value for key, value in STORED.items()}, EXPECTED, "x")
    assert list(fitted) == list(EXPECTED)
    torch.testing.assert_close(fitted["conv_in.weight"], STORED["conv_in.weight"])
    assert fitted["bn.num_batches_tracked"] == 9


def test_half_precision_becomes_full_and_step_counts_may_be_missing() -> None:
    stored = {"conv_in.weight": torch.ones(2, 3, dtype=torch.float16), "conv_in.bias": torch.ones(2)}
    fitted = fit(stored, EXPECTED, "x")
    assert fitted["conv_in.weight"].dtype == torch.float32
    assert fitted["bn.num_batches_tracked"] == 0


def test_a_misfit_names_what_is_missing_and_too_much() -> None:
    stored = {"conv_in.weight": torch.ones(2, 3), **{f"head.{number}": torch.ones(1) for number in range(9)}}
    with pytest.raises(ModelError) as caught:
        fit(stored, EXPECTED, "mine.pth")
    assert str(caught.value) == (
        "mine.pth does not fit RMBG-1.4's network: 1 missing: conv_in.bias; "
        "9 too much: head.0, head.1, head.2, head.3, …"
    )


def test_a_misfit_of_shape_is_told() -> None:
    with pytest.raises(ModelError, match=r"1 of another shape: conv_in\.bias \(5,\) instead of \(2,\)"):
        fit({**STORED, "conv_in.bias": torch.ones(5)}, EXPECTED, "x")


def test_what_is_no_tensor_is_told() -> None:
    with pytest.raises(ModelError, match=r"1 of another shape: conv_in\.bias \(\) instead of \(2,\)"):
        fit({**STORED, "conv_in.bias": "text"}, EXPECTED, "x")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.bin", "w.pt"])
def test_every_kind_of_local_file(tmp_path: Path, name: str) -> None:
    file = (
        local(tmp_path / name)
        if name.endswith("s")
        else torch_file(tmp_path / name, {"epoch": 3, "model": STORED, "optimizer": {"lr": 1.0}})
    )
    torch.testing.assert_close(load_local(file)["conv_in.weight"], STORED["conv_in.weight"])


def test_a_folder_gives_its_safest_file_and_home_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "mine").mkdir()
    torch_file(tmp_path / "mine" / "a.pth", {})
    local(tmp_path / "mine" / "model.safetensors")
    checkpoint, _ = load(checkpoints("briaai/RMBG-1.4", "~/mine"), EXPECTED)
    assert checkpoint.path == tmp_path / "mine" / "model.safetensors"
    assert (len(checkpoint.sha256), checkpoint.input_mean) == (64, 0.5)


def test_the_next_file_is_tried_when_one_does_not_fit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    local(tmp_path / "model.safetensors", other=torch.ones(1))
    torch_file(tmp_path / "model.pth", STORED)
    with caplog.at_level(logging.WARNING):
        checkpoint, _ = load(checkpoints("briaai/RMBG-1.4", str(tmp_path)), EXPECTED)
    assert checkpoint.path.name == "model.pth"
    assert "model.safetensors does not fit RMBG-1.4's network: 2 missing" in caplog.text
    assert "; using " in caplog.text
    assert "model.pth instead" in caplog.text


def test_all_reasons_are_shown_when_nothing_fits(tmp_path: Path) -> None:
    local(tmp_path / "model.safetensors", other=torch.ones(1))
    torch_file(tmp_path / "model.pth", [1, 2])
    with pytest.raises(ModelError, match=r"no usable weights: .*2 missing: conv_in.*; .*holds a list, not weights"):
        load_local(tmp_path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "absent", "no such file or folder"),
        (lambda _: Path("/dev/null"), "is neither a file nor a folder"),
        (lambda folder: folder, "no .safetensors, .pth, .pt, .bin file in this folder"),
        (lambda folder: torch_file(folder / "x.onnx", {}), "expected a .safetensors, .pth, .pt, .bin file"),
    ],
)
def test_a_local_path_that_gives_nothing(tmp_path: Path, make: object, said: str) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    with pytest.raises(ModelError, match=said):
        load_local(make(folder))  # type: ignore[operator] # one of the three above


def test_a_repository_with_only_a_pth_file(stand_in: StandInHub, tmp_path: Path) -> None:
    stand_in.files["model.pth"] = torch_file(tmp_path / "model.pth", STORED)
    access = Access(stand_in.url, tmp_path / "cache", token=False)
    checkpoint, tensors = load(checkpoints("someone/rmbg-copy", access=access), EXPECTED)
    assert (checkpoint.origin, len(tensors)) == ("someone/rmbg-copy model.pth", 3)
    assert checkpoint.path.parent.name == COMMIT


def test_a_file_that_is_not_what_it_must_be_is_not_replaced_by_another(stand_in: StandInHub, tmp_path: Path) -> None:
    stand_in.files["model.safetensors"] = local(tmp_path / "model.safetensors")
    stand_in.files["model.pth"] = torch_file(tmp_path / "model.pth", STORED)
    stand_in.claimed_sha256["model.safetensors"] = "ab" * 32
    access = Access(stand_in.url, tmp_path / "cache", token=False)
    with pytest.raises(
        ModelError, match=r"^no usable weights: model\.safetensors of someone/rmbg-copy arrived damaged"
    ):
        load(checkpoints("someone/rmbg-copy", access=access), EXPECTED)
    assert stand_in.downloads("model.pth") == []


def test_a_repository_without_weights(stand_in: StandInHub, tmp_path: Path) -> None:
    access = Access(stand_in.url, tmp_path / "cache", token=False)
    with pytest.raises(
        ModelError, match=r"someone/empty holds none of model\.safetensors, model\.pth, pytorch_model\.bin"
    ):
        load(checkpoints("someone/empty", access=access), EXPECTED)


def test_nothing_cached_and_offline_is_one_reason_only(stand_in: StandInHub, tmp_path: Path) -> None:
    access = Access(stand_in.url, tmp_path / "cache", token=False, is_offline=True)
    with pytest.raises(ModelError) as caught:
        load(checkpoints("someone/rmbg-copy", access=access), EXPECTED)
    assert str(caught.value).count("not cached") == 1
    assert stand_in.requests == []


def test_the_licence_is_shown_once(stand_in: StandInHub, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stand_in.files["model.safetensors"] = local(tmp_path / "model.safetensors")
    access = Access(stand_in.url, tmp_path / "cache", token=False)
    for _ in range(2):
        (found,) = [each for each in checkpoints("someone/rmbg-copy", access=access) if isinstance(each, Checkpoint)]
    assert found.path.name == "model.safetensors"
    assert [each.getMessage() for each in caplog.records if "licence" in each.getMessage()] == [
        "the weights of someone/rmbg-copy come under a licence of their own: see its model card"
    ]


def test_the_licence_is_remembered_for_each_repository(own_state: Path) -> None:
    one, other = Repository("a/b"), Repository("a/c")
    assert [show_licence(each) for each in (one, one, other, other)] == [True, False, True, False]
    assert sorted(each.name for each in own_state.iterdir()) == ["licence-a--b", "licence-a--c"]


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.pth"])
def test_a_truncated_file(tmp_path: Path, name: str) -> None:
    whole = local(tmp_path / "w.safetensors") if name.endswith("s") else torch_file(tmp_path / "w.pth", STORED)
    cut = tmp_path / name
    cut.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(ModelError, match=rf"{name} is damaged or cut short \([\d,]+ bytes; RMBG-1\.4's has 176 MB\)"):
        read(cut)


def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = local(tmp_path / "w.safetensors")
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
