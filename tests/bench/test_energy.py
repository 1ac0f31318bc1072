"""Joules out of RAPL's files, across their limit; where they cannot be read, the reason."""

from __future__ import annotations

from pathlib import Path

from livebg.bench.energy import EnergyMeter


def _zone(folder: Path, number: int, name: str, energy_uj: int) -> Path:
    zone = folder / f"intel-rapl:{number}"
    zone.mkdir(exist_ok=True)
    (zone / "name").write_text(f"{name}\n")
    (zone / "energy_uj").write_text(f"{energy_uj}\n")
    (zone / "max_energy_range_uj").write_text("10000000\n")
    return zone


def test_packages_are_added_up_across_their_limit(tmp_path: Path) -> None:
    _zone(tmp_path, 0, "package-0", 1_000_000)
    _zone(tmp_path, 1, "package-1", 9_500_000)
    _zone(tmp_path, 2, "psys", 0)
    meter = EnergyMeter(tmp_path)
    assert meter.reason == ""
    _zone(tmp_path, 0, "package-0", 3_000_000)
    _zone(tmp_path, 1, "package-1", 500_000)
    _zone(tmp_path, 2, "psys", 9_000_000)
    assert meter.joules() == 3.0
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert meter.joules() is None


def test_what_cannot_be_read_has_a_reason(tmp_path: Path) -> None:
    meter = EnergyMeter(tmp_path / "absent")
    assert (meter.joules(), meter.reason) == (None, "the system has no RAPL counters")
    (_zone(tmp_path, 0, "package-0", 1) / "energy_uj").unlink()
    meter = EnergyMeter(tmp_path)
    assert (meter.joules(), meter.reason) == (None, "RAPL counters are not readable by this user")
