"""One look at this machine, whatever it is."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest

from livebg.models import hub
from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.probe import probe
from livebg.pipeline.doctor.state import SystemState


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No hub, no settings file of the user's."""
    monkeypatch.setattr(hub, "can_reach_hub", lambda *_: False)
    monkeypatch.setattr(hub, "find_cached", lambda *_: None)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.slow
@pytest.mark.usefixtures("away")
def test_this_machine_can_be_judged_written_and_read() -> None:
    state = probe()
    assert (state.platform, state.python, state.executable) == (
        sys.platform,
        platform.python_version(),
        sys.executable,
    )
    assert SystemState.from_json(json.loads(json.dumps(state.to_json()))) == state
    assert state.engines.does_hub_answer is False
    assert state.engines.selfie_problem == ""
    assert {part for part, _ in state.problems} <= {"opencv", "microphones"}, "nothing could not be looked at"
    assert len({each.name for each in diagnose(state)}) >= 10
    if sys.platform.startswith("linux"):
        assert state.linux is not None
        assert state.linux.kernel == platform.release()
        assert state.user.is_root == (os.geteuid() == 0)


@pytest.mark.slow
def test_a_broken_settings_file_and_a_wrong_model_stop_nothing(away: Path) -> None:
    folder = away / "livebg"
    folder.mkdir()
    (folder / "settings.toml").write_text("[[[")
    assert "is not valid TOML" in probe().settings.problem
    (folder / "settings.toml").write_text('model = "../x"')
    state = probe()
    assert "no repository name" in state.engines.problem + state.settings.problem
    (folder / "settings.toml").write_text('weights = "no-such.safetensors"')
    assert probe().engines.problem == "no-such.safetensors is not there"


@pytest.mark.slow
@pytest.mark.parametrize("package", ["numpy", "av", "huggingface_hub", "packaging", "platformdirs", "psutil"])
def test_a_broken_package_hides_nothing_else(package: str, away: Path) -> None:
    import subprocess

    (away / f"{package}.py").write_text("raise ImportError('cannot load libgone.so', name=__name__)")
    environment = {**os.environ, "PYTHONPATH": f"{away}{os.pathsep}{os.environ['PYTHONPATH']}", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "livebg", "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert len(told) >= 10
    assert any("libgone" in each["found"] for each in told)
    assert done.returncode in (8, 9)


@pytest.mark.slow
def test_it_needs_no_torch_and_no_openvino(away: Path) -> None:
    import subprocess

    code = "import sys; from livebg.pipeline.doctor.probe import probe; probe(); print(*sys.modules)"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "XDG_CONFIG_HOME": str(away)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not {"torch", "openvino", "transformers", "numba"} & set(done.stdout.split())
