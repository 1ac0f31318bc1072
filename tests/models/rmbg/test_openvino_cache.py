"""OpenVINO's form of the network: kept and read again, made anew where damaged, and the folder stays bounded."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
from small_network import Brightness, CountingSource, SmallNetwork

from livebg.models.openvino import the_core
from livebg.models.rmbg.openvino_cache import exported, from_torch, prune, without_tail


def test_it_is_made_once_for_each_network(tmp_path: Path) -> None:
    first, second = CountingSource(Brightness(), "one"), CountingSource(Brightness(), "two")
    for source in (first, second, first):
        exported(source, tmp_path)
    assert (first.loads, second.loads, len(list(tmp_path.glob("*.xml")))) == (1, 1, 2)


def test_a_network_without_identity_is_not_kept(tmp_path: Path) -> None:
    _, kept = exported(CountingSource(Brightness(), ""), tmp_path)
    assert not kept.is_lasting
    assert not list(tmp_path.iterdir())


def test_a_damaged_one_is_made_anew_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = CountingSource(Brightness())
    _, kept = exported(source, tmp_path)
    kept.place(".xml").write_text("<net")
    with caplog.at_level(logging.INFO):
        exported(source, tmp_path)
    assert source.loads == 2
    assert ["exporting again" in each.getMessage() for each in caplog.records] == [True]
    assert kept.place(".xml").stat().st_size > 1000


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    model, _ = exported(CountingSource(Brightness()), tmp_path / "file")
    assert model.get_parameters()


@pytest.mark.slow
def test_the_tail_is_cut_where_there_is_one() -> None:
    logits, has_tail = without_tail(from_torch(SmallNetwork()))
    assert has_tail
    request = the_core().compile_model(logits, "CPU").create_infer_request()
    assert request.infer({0: np.zeros((1, 3, 64, 96), np.float32)})[0].shape == (1, 1, 32, 48)
    whole = from_torch(Brightness())
    assert without_tail(whole) == (whole, False)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    for age, name in enumerate(("newest", "middle", "oldest")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    prune(tmp_path, limit_bytes=250)
    assert {each.name for each in tmp_path.iterdir()} == {"newest", "middle"}
    prune(tmp_path, limit_bytes=250)
    assert len(list(tmp_path.iterdir())) == 2


def test_forgetting_leaves_the_rest(tmp_path: Path) -> None:
    _, kept = exported(CountingSource(Brightness()), tmp_path)
    kept.place("-int8.json").touch()
    kept.forget("-int8*")
    assert {each.name for each in tmp_path.iterdir()} == {kept.place(".xml").name, kept.place(".bin").name}
