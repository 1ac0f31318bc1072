"""Energy that the processor itself counted, in joules, where the system lets a user read it. Knows only files."""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class EnergyMeter:
    """Counts from its making: Linux's RAPL counters of whole processor packages, other programs and idling included.

    They count up to a limit and begin again; a meter that lives longer than one round (minutes to hours) is wrong.
    Linux lets only root read them since 2020 (CVE-2020-8694), unless the system's owner opened them.
    """

    def __init__(self, folder: Path = POWERCAP) -> None:
        zones = sorted(folder.glob("intel-rapl:*")) if folder.is_dir() else []
        names = {each: _text(each / "name") for each in zones}
        self._zones = [each for each in zones if names[each].startswith("package")]
        self._before = [_number(each / "energy_uj") for each in self._zones]
        self.reason = ""
        if not self._zones:
            self.reason = "the system has no RAPL counters"
        elif None in self._before:
            self.reason = "RAPL counters are not readable by this user"

    def joules(self) -> float | None:
        """Since the meter was made; None where it cannot be told, see `reason`."""
        if self.reason:
            return None
        total_uj = 0
        for zone, before in zip(self._zones, self._before, strict=True):
            now, limit = _number(zone / "energy_uj"), _number(zone / "max_energy_range_uj")
            if now is None or before is None:
                return None
            total_uj += now - before if now >= before else now - before + (limit or 0)
        return total_uj / 1e6


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None
