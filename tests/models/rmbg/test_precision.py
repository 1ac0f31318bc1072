"""Which precision is taken: the fastest that agrees with f32, with the reason, remembered for this processor."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.rmbg import precision
from livebg.models.rmbg.precision import (
    Difference,
    Run,
    Verdict,
    candidates,
    check_pinned,
    difference,
    judge,
    probe_pixels,
    read_verdict,
    write_verdict,
)

PIXELS = [np.zeros((1, 3, 8, 8), np.float32)]


@pytest.mark.parametrize(
    ("able", "has_int8", "expected"),
    [
        (("BF16", "WINOGRAD", "FP32", "INT8", "BIN"), False, ("bf16", "f32")),
        (("BF16", "FP32", "INT8"), True, ("int8", "bf16", "f32")),
        (("FP32", "FP16"), True, ("f16", "f32")),  # ARM, an Intel GPU without int8
        (("FP32", "INT8"), False, ("f32",)),
    ],
)
def test_candidates_are_what_the_device_does_by_itself(
    able: tuple[str, ...], has_int8: bool, expected: tuple[str, ...]
) -> None:
    assert candidates(able, has_int8) == expected


def test_a_precision_that_the_device_would_imitate_is_refused() -> None:
    check_pinned("bf16", ("BF16", "FP32"), "a CPU")
    with pytest.raises(ModelError, match=r"--precision f16: a CPU computes in bf16, f32; use one of these or"):
        check_pinned("f16", ("BF16", "FP32"), "a CPU")


def test_difference_is_what_can_be_seen() -> None:
    """In 8 bits: a thousandth is nothing, one pixel of 64 off by a half is 0.0078 on average."""
    flat = np.full((8, 8), 0.5, np.float32)
    assert difference(flat + np.float32(0.001), flat) == Difference(0.0, 0.0)
    hole = flat.copy()
    hole[3, 3] = 1.0
    seen = difference(hole, flat)
    assert seen.mean == pytest.approx(127 / 255 / 64, abs=1e-5)
    assert seen.share == pytest.approx(1 / 64, abs=1e-5)
    assert not seen.is_small


def fake(monkeypatch: pytest.MonkeyPatch, offs: dict[str, float], times_s: dict[str, float]) -> Callable[[str], Run]:
    """Precisions that are off by so much everywhere and take so long."""
    now = [0.0]
    monkeypatch.setattr(precision.time, "perf_counter", lambda: now[0])

    def open_run(name: str) -> Run:
        def run(pixels: Matte) -> Matte:
            now[0] += times_s[name]
            return np.full(pixels.shape[2:], 0.25 + offs.get(name, 0.0), np.float32)

        return run

    return open_run


def test_the_first_that_agrees_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    open_run = fake(monkeypatch, {"int8": 0.05, "bf16": 0.003}, {"int8": 0.06, "bf16": 0.125, "f32": 0.25})
    verdict = judge(open_run, ("int8", "bf16", "f32"), "a CPU", PIXELS)
    assert verdict.precision == "bf16"
    assert verdict.times_ms == {"f32": 250.0, "int8": 60.0, "bf16": 125.0}
    assert verdict.text == "bf16, alpha within 0.0039 of f32 on average"  # one step of 8 bits


def test_what_better_pictures_have_shown_counts_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    open_run = fake(monkeypatch, {"int8": 0.05}, {"int8": 0.06, "f32": 0.25})
    verdict = judge(open_run, ("int8", "f32"), "a CPU", PIXELS, {"int8": Difference(0.001, 0.0)})
    assert verdict.text == "int8, alpha within 0.0010 of f32 on average"


def test_f32_where_none_agrees_or_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    open_run = fake(monkeypatch, {"int8": 0.05}, {"int8": 0.06, "bf16": 0.5, "f32": 0.25})
    verdict = judge(open_run, ("int8", "bf16", "f32"), "a CPU", PIXELS)
    assert not verdict.is_final
    assert (verdict.precision, verdict.text) == ("f32", "f32 (int8 is off by 0.0471, bf16 is no faster)")


def test_nothing_is_compared_where_there_is_no_choice() -> None:
    def never(name: str) -> Run:
        raise AssertionError(name)

    assert judge(never, ("f32",), "a CPU", PIXELS).text == "f32"


def test_one_picture_that_suffers_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits hold for every picture, not on average over them."""
    monkeypatch.setattr(precision.time, "perf_counter", lambda: 0.0)

    def open_run(name: str) -> Run:
        return lambda pixels: np.full(pixels.shape[2:], 0.5 if name == "f32" else 0.5 + pixels.max(), np.float32)

    pictures = [*PIXELS * 9, np.full((1, 3, 8, 8), 0.25, np.float32)]
    assert judge(open_run, ("bf16", "f32"), "a CPU", pictures).differences["bf16"].mean > 0.2


def test_a_verdict_is_remembered_for_the_same_processor_and_candidates(tmp_path: Path) -> None:
    file, wanted = tmp_path / "new" / "verdict.json", ("bf16", "f32")
    verdict = Verdict("bf16", "a CPU", wanted, {"bf16": Difference(0.002, 0.0)}, {"f32": 250.0, "bf16": 125.0})
    assert read_verdict(file, "a CPU", wanted) is None
    write_verdict(file, verdict)
    assert read_verdict(file, "a CPU", wanted) == verdict
    assert read_verdict(file, "another CPU", wanted) is None
    assert read_verdict(file, "a CPU", ("int8", *wanted)) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"precision": "bf16", "differences": {}}', '{"differences": 3}'])
def test_a_damaged_verdict_is_decided_anew(tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "verdict.json").write_text(content)
    with caplog.at_level(logging.INFO):
        assert read_verdict(tmp_path / "verdict.json", "a CPU", ("bf16", "f32")) is None
    assert ["comparing the precisions again" in each.getMessage() for each in caplog.records] == [True]


def test_a_verdict_that_cannot_be_kept_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write_verdict(tmp_path / "file" / "verdict.json", Verdict("f32", "a CPU", ("f32",)))


def test_probes_are_pictures_as_the_network_takes_them() -> None:
    """At the size in use, less the weights' own mean."""
    probes, plain = probe_pixels(96, 160, 0.5), probe_pixels(96, 160, 0.0)
    assert {each.shape for each in probes} == {(1, 3, 96, 160)}
    assert -0.5 <= min(each.min() for each in probes) < max(each.max() for each in probes) <= 0.5
    np.testing.assert_allclose(plain[0], probes[0] + np.float32(0.5), atol=1e-6)
