"""The light engine's two runtimes agree; the choice is told; no file and no library of the user's makes it crash."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from livebg.core.errors import ModelError
from livebg.core.types import Frame
from livebg.models.selfie.engine import SelfieEngine
from livebg.models.selfie.runtime import Network, OpenCvNetwork, open_network, quiet

needs_litert = pytest.mark.skipif(
    importlib.util.find_spec("ai_edge_litert") is None, reason="LiteRT has no wheel for this platform"
)
SIZES = {"landscape": (256, 144), "square": (256, 256)}


def _model(shared: Path, shape: str) -> Path:
    return shared / "models" / f"selfie_segmenter{'_landscape' if shape == 'landscape' else ''}.tflite"


@pytest.fixture
def no_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)


@pytest.mark.slow
@needs_litert
@pytest.mark.needs_shared
@pytest.mark.parametrize("shape", SIZES)
def test_both_runtimes_answer_the_same(shared: Path, shape: str) -> None:
    model, size = _model(shared, shape), SIZES[shape]
    litert, opencv = open_network(model, *size), OpenCvNetwork(model.read_bytes(), model, "test")
    assert litert.description == "litert"
    for photo in sorted((shared / "cases" / "photos").glob("dn_if0[0-2]*.jpg"))[:6]:
        picture = np.asarray(cv2.resize(np.asarray(cv2.imread(str(photo))), size, interpolation=cv2.INTER_AREA))
        ours, theirs = litert.confidence(picture), opencv.confidence(picture)
        assert ours.shape == theirs.shape == size[::-1]
        assert ours.dtype == theirs.dtype == np.float32
        assert np.abs(ours - theirs).max() < 1e-3
        assert float(ours.max()) > 0.9


@pytest.mark.needs_shared
@pytest.mark.parametrize("is_first_choice", [pytest.param(True, marks=needs_litert), False])
def test_an_answer_is_the_callers_and_the_picture_stays(shared: Path, is_first_choice: bool) -> None:
    model = _model(shared, "landscape")
    network: Network = open_network(model, 256, 144)
    if not is_first_choice:
        network = OpenCvNetwork(model.read_bytes(), model, "test")
    picture = np.random.default_rng(0).integers(0, 256, (144, 256, 3), np.uint8)
    before, picture.flags.writeable = picture.copy(), False
    first = network.confidence(picture)
    kept = first.copy()
    network.confidence(np.full((144, 256, 3), 200, np.uint8))
    assert np.array_equal(first, kept)
    assert np.array_equal(picture, before)
    assert first.flags.writeable
    assert first.flags.c_contiguous


@pytest.mark.needs_shared
@pytest.mark.usefixtures("no_litert")
def test_without_litert_opencv_runs_it_and_both_description_and_log_say_so(
    shared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    matter = SelfieEngine(_model(shared, "landscape"), "landscape", "asked for")
    said = f"LiteRT is not installed ({sys.platform} on "
    assert matter.description.startswith(f"selfie landscape 144x256 on cpu, opencv ({said}")
    assert matter.description.endswith("): asked for")
    (message,) = caplog.messages
    assert message.startswith(said)
    assert message.endswith("the selfie engine runs on OpenCV, for six times the CPU time")
    assert matter.matte(Frame(np.zeros((90, 160, 3), np.uint8), 0, 0.0, 0.0)).values.shape == (144, 256)


@pytest.mark.needs_shared
def test_a_litert_that_does_not_load_is_named(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ai_edge_litert").mkdir()
    (tmp_path / "ai_edge_litert" / "__init__.py").write_text("")
    broken = 'raise ImportError("libstdc++.so.6:\\n GLIBCXX_3.4.30 not found")\n'
    (tmp_path / "ai_edge_litert" / "interpreter.py").write_text(broken)
    for name in [each for each in sys.modules if each.startswith("ai_edge_litert")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    network = open_network(_model(shared, "square"), 256, 256)
    assert network.description == "opencv (LiteRT cannot be loaded: libstdc++.so.6: GLIBCXX_3.4.30 not found)"
    for name in [each for each in sys.modules if each.startswith("ai_edge_litert")]:
        del sys.modules[name]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.tflite cannot be read: .*install livebg again"):
        open_network(tmp_path / "gone.tflite", 256, 144)


@pytest.mark.needs_shared
@pytest.mark.parametrize("is_first_choice", [pytest.param(True, marks=needs_litert), False])
def test_another_network_is_not_taken_for_this_one(
    shared: Path, monkeypatch: pytest.MonkeyPatch, is_first_choice: bool
) -> None:
    if not is_first_choice:
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match=r"selfie_segmenter\.tflite is not the selfie engine's model"):
        open_network(_model(shared, "square"), 256, 144)


# In a process of its own: what it asks is whether that survives.
OPEN_EACH = """
import sys
from pathlib import Path
if sys.argv[1] == "opencv":
    sys.modules["ai_edge_litert.interpreter"] = None
from livebg.core.errors import ModelError
from livebg.models.selfie.runtime import open_network
for path in sorted(Path(sys.argv[2]).iterdir()):
    try:
        open_network(path, 256, 144)
    except ModelError as failure:
        assert str(path) in str(failure) and "\\n" not in str(failure), failure
        print(path.name)
"""


@pytest.mark.slow
@pytest.mark.needs_shared
@pytest.mark.parametrize("runtime", [pytest.param("litert", marks=needs_litert), "opencv"])
def test_a_damaged_file_is_a_model_error_and_no_crash(shared: Path, tmp_path: Path, runtime: str) -> None:
    whole = _model(shared, "landscape").read_bytes()
    noise = np.random.default_rng(0).bytes(5000)
    lengths = (0, 3, 8, 100, 5000, 100_000, 200_000, 240_000)
    damaged = {f"cut-{length}": whole[:length] for length in lengths}
    damaged |= {"noise": noise, "noise-with-a-head": whole[:8] + noise, "zeroes": whole[:8] + bytes(len(whole))}
    damaged |= {"zeroes-inside": whole[:100_000] + bytes(50_000) + whole[150_000:]}
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-c", OPEN_EACH, runtime, str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == sorted(damaged)


@pytest.mark.slow
@needs_litert
@pytest.mark.needs_shared
def test_loading_says_nothing_and_leaves_no_thread(shared: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import psutil\n"
        "from livebg.core.opencv import load_opencv; load_opencv()\n"
        "import numpy; from livebg.models.selfie.runtime import open_network\n"
        "numpy.ones((8, 8)) @ numpy.ones((8, 8)); before = psutil.Process().num_threads()\n"
        "network = open_network(Path(sys.argv[1]), 256, 144)\n"
        "network.confidence(numpy.zeros((144, 256, 3), numpy.uint8))\n"
        "print(psutil.Process().num_threads() - before)\n"
    )
    command = [sys.executable, "-c", code, str(_model(shared, "landscape"))]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (finished.stdout, finished.stderr) == ("0\n", "")


def test_only_the_greeting_is_kept_off_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    descriptors = psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0

    def load() -> None:
        os.write(2, b"first\nINFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"ERROR: something that matters\n")
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"), quiet():
        load()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "first\nERROR: something that matters\nafter\n"
    assert not descriptors or psutil.Process().num_fds() == descriptors


@pytest.mark.slow
def test_a_program_without_stderr_can_load_too() -> None:
    code = "import os; from livebg.models.selfie.runtime import quiet; os.close(2)\nwith quiet(): print('in')"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout == b"in\n"
