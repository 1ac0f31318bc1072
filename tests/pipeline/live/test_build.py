"""Parts are built as the settings say: the GPU's processor where there is one."""

from __future__ import annotations

import pytest
from on_device import Still, frame, picture, tiny_network

from livebg import models
from livebg.core.errors import SettingsError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import SourceInfo
from livebg.models.constant import ConstantEngine
from livebg.models.device import Device
from livebg.pipeline.live import run
from livebg.pipeline.live.build import open_gpu_processor
from livebg.pipeline.live.load_control import SIZES_PX
from livebg.sinks.null import NullSink

LIVE = Settings(source="synthetic", size="64x36", seconds=1.0, background="#102030", still_gate=False)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor of torch's in the place of a GPU."""
    device = Device("cpu", "float32", "in place of a GPU")
    monkeypatch.setattr(models, "gpu_network", lambda _settings: (tiny_network(), 0.5, device))


@pytest.mark.slow
@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("subject", "engine"),
    [
        ("anything", "rmbg 64x128 on cpu, f32 folded: in place of a GPU"),
        ("auto", "rmbg 64 px on cpu, f32 folded: in place of a GPU; guided by selfie landscape 144x256 on cpu"),
    ],
)
def test_on_a_gpu_the_whole_way_is_the_gpus(subject: str, engine: str) -> None:
    sink = NullSink()
    settings = {"pace": "every-frame", "size": "160x90", "matte_size": 64, "subject": subject}
    report = run.run(change(LIVE, settings), [sink])
    assert report.engine.startswith(engine)
    assert report.snapshot.frames == report.snapshot.key_frames == sink.composites > 0
    assert report.snapshot.standby_frames == 0
    assert {"upload", "download"} <= set(report.snapshot.stages)
    assert subject == "auto" or "network" in report.snapshot.stages, "where nobody is found, it rests"


@pytest.mark.slow
@pytest.mark.usefixtures("gpu")
def test_live_the_matte_is_as_large_as_leaves_time_to_spare() -> None:
    info = SourceInfo("camera", 160, 90, 30.0, is_live=True)
    made = open_gpu_processor(Settings(), info, Stats(), {"image"}, lambda _: pytest.fail("the GPU works"))
    assert made is not None
    assert any(f"rmbg {px} px on cpu" in made.description for px in SIZES_PX)
    pending = made.begin(frame(0), Settings(), Still(picture(9)))
    assert pending.finish().image.shape == (90, 160, 3)
    made.govern(Settings())
    made.close()


def test_without_a_gpu_there_is_no_gpus_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "gpu_network", lambda _settings: None)
    info, host = SourceInfo("clip", 64, 36, 30.0, is_live=False), pytest.fail
    assert open_gpu_processor(LIVE, info, Stats(), {"bgr"}, lambda _: host("it is the caller's to open")) is None


@pytest.mark.slow
@pytest.mark.usefixtures("gpu")
def test_a_plate_that_cannot_be_read_leaves_no_finder_open(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[bool]()
    finder = ConstantEngine(0.0)
    monkeypatch.setattr(models, "open_finder", lambda _settings, _info: finder)
    monkeypatch.setattr(finder, "close", lambda: closed.append(True), raising=False)
    info = SourceInfo("clip", 64, 36, 30.0, is_live=False)
    with pytest.raises(SettingsError, match="does not exist"):
        open_gpu_processor(change(LIVE, {"plate": "absent.png"}), info, Stats(), {"image"}, pytest.fail)
    assert closed == [True]
