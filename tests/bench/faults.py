"""What does a whole livebg process show while the world around it fails, and how soon is the picture back?

python -m tests.bench.faults: every fault of tests/faults, and settings changed at random, as a table. Not covered: a
real camera, a real virtual camera (tests/end_to_end). No warm-up: each group is one process from its start to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.machine import print_card

ROOT = Path(__file__).resolve().parents[2]


def measure(group: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "tests" / "faults" / "driver.py"), group, folder]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from faults.catalogue import GROUPS
    from faults.driver import FUZZ

    print_card()
    print("| fault | leaked pixels | pictures | to card, s | to recover, s | longest gap, s |")
    print("|---|---:|---:|---:|---:|---:|")
    leaked = 0
    for group in (*GROUPS, *FUZZ):
        seen = measure(group)
        leaked += seen["leaked"]
        for row in seen["rows"]:
            names = ("leaked", "composites", "to_card_s", "to_recover_s", "longest_gap_s")
            cells = ["-" if row[name] is None else str(row[name]) for name in names]
            name = f"{row['fault']}, transparent" if group.endswith("transparent") else row["fault"]
            print(f"| {name} | {' | '.join(cells)} |")
    print(json.dumps({"leaked": leaked}))


if __name__ == "__main__":
    main()
