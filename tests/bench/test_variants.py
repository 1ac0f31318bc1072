"""Several live loops take turns on the same frames, are timed stage by stage, and end; tables of what was measured."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg.core.errors import ModelError
from livebg.core.settings import Settings, change
from livebg.core.types import Frame, SourceInfo
from tests.bench import cases, stages, variants

INFO = SourceInfo("drawn", 64, 48, 30.0, False)

PLAIN = change(Settings(background="#000", pace="every-frame"), variants.ALL_OFF)


def _frame(number: int) -> Frame:
    image = np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return Frame(image, number, 0.0, number / 30)


def test_variants_get_the_same_frames_and_each_its_own_settings() -> None:
    given = variants.Given()
    other = change(PLAIN, {"background": "#fff"})
    with variants.Variant("a", PLAIN, INFO, given) as first, variants.Variant("b", other, INFO, given) as second:
        for number in range(3):
            given.values = np.full((12, 16), number / 2, np.float32)
            given.values[0, 0] = 0.25  # the same everywhere is taken for a dead network
            composites = [each.show(_frame(number)) for each in (first, second)]
            for composite in composites:
                assert composite.alpha is not None
                assert composite.alpha.shape == (48, 64)
                assert composite.alpha.mean() == pytest.approx(number / 2, abs=0.01)
    for clock in (first.clock, second.clock):
        assert len(clock.wall) == len(clock.cpu) == 3
        assert {"matte", "edges", "compose"} <= set(clock.cpu[0])


def test_an_engine_that_fails_to_open_is_raised_and_nothing_hangs() -> None:
    def refuse(_settings: Settings, _info: SourceInfo) -> variants.Given:
        raise ModelError("no weights")

    with variants.Variant("a", PLAIN, INFO, refuse) as variant, pytest.raises(ModelError, match="no weights"):
        variant.show(_frame(0))


def test_the_network_and_the_outputs_are_not_among_the_stages_after_it() -> None:
    rows = [{"matte": 9.0, "edges": each, "compose": 0.5, "output": 7.0} for each in (100.0,) * 10 + (1.0, 2.0, 3.0)]
    assert variants.after_network_ms(rows) == pytest.approx(2.5)
    assert variants.stages_ms(rows)["edges"] == pytest.approx(2.0)
    assert variants.after_network_ms(rows[:1]) == pytest.approx(100.5)


def test_every_switch_is_a_setting_and_all_of_them_make_all_off() -> None:
    rows = stages.all_settings([], {})
    assert set(rows) == {"everything on", *variants.OFF, "all off"}
    assert len(set(rows.values())) == len(rows)
    assert stages.parsed_options("--smoothing 0.5 --colours off --matte-size 256") == {
        "smoothing": 0.5,
        "colours": False,
        "matte_size": 256,
    }


def test_averages_take_each_column_from_its_part() -> None:
    clips = [
        cases.Case("a", "clips", Path("a")),
        cases.Case("b", "clips", Path("b")),
        cases.Case("r", "real", Path("r")),
    ]
    done = {
        "a": {"on": {"mad": 10.0, "flips": 9.0, "ms": 1.0}},
        "b": {"on": {"mad": 20.0, "flips": 9.0, "ms": 2.0, "lag": float("nan")}},
        "r": {"on": {"mad": 90.0, "flips": 2.0, "ms": 3.0}},
    }
    assert cases.averages(done, clips) == {"on": {"mad": 15.0, "flips": 2.0, "ms": 2.0}}
    assert cases.averages(done, clips[:2], parts=["clips"])["on"]["flips"] == 9.0
    assert cases.table(cases.averages(done, clips)).splitlines() == [
        "| variant | MAD | flips | ms |",
        "|---|---:|---:|---:|",
        "| on | 15.0 | 2.00 | 2.00 |",
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_a_clip_is_measured_with_the_cases_own_instrument() -> None:
    pytest.importorskip("scipy", reason="the instrument needs scipy")
    case = next(each for each in cases.find_cases() if each.name == "d03_fast")
    given = variants.Given()

    def lay(_frame: Frame, truth: np.ndarray | None) -> None:
        assert truth is not None
        given.values = truth.astype(np.float32) / 255

    found = variants.measure(case, {"plain": PLAIN}, most_frames=16, engine=given, before=lay)["plain"]
    assert found["mad"] < 0.5  # the truth itself, but for rounding
    assert found["bf"] > 0.99
    assert found["frames"] == 6
    assert found["ms"] > 0
