"""The bench for a GPU runs from end to end on the CPU at tiny sizes, so that it works when a card is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_a_dry_run_measures_everything_and_ends_in_json(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.gpu", "--device", "cpu"]
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT)])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    finished = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    result = json.loads(finished.stdout.splitlines()[-1])
    frames = [name for name in result if name.startswith("frame ")]
    assert set(result) == {
        *("machine", "ceilings", "network 32x64", "agreement", "seed", "ladder", "seconds"),
        *("frame 80x48, matte 32x64, video", "guided 80x48, 32 px"),
    }
    assert result["network 32x64"]["GFLOP"] > 0.5
    assert result["network 32x64"]["difference"]["max"] < 1e-3
    assert all(min(result[name]["latency ms"]["p50"], result[name]["floor ms"]) > 0 for name in frames)
    guided = result["guided 80x48, 32 px"]
    assert guided["finder ms"]["p50"] > 0
    assert {"crop", "network", "gate", "edges", "compose"} <= set(guided["stages p50 ms"])
    assert {"subject", "colours"} <= set(guided["corrections p50 ms"])
    assert result["seed"]["ratio"] > 0
    assert result["agreement"]["levels max"] <= 2
    assert result["ladder"]["out of memory"]["composite"] is True
    assert result["ladder"]["lost driver"]["is spent"] is True
