"""RMBG-1.4 through the transformers library, from a hub in the published layout, without running the hub's code.

transformers takes 4 to 7 s to import and reads the hub's address when it is imported: one other process does all of
it, and each test looks at one part of what it tells.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_in_hub import CONFIG, PREPROCESSOR, REMOTE_CODE, checkpoint, serve

pytestmark = pytest.mark.slow

PROGRAM = """
import json, logging, sys
from pathlib import Path
import numpy as np, torch
from PIL import Image
import livebg.models.rmbg.transformers as rmbg
from livebg.core.errors import ModelError
from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageSegmentation

folder, reference = Path(sys.argv[1]), np.load(sys.argv[2])
told = {}
config = AutoConfig.from_pretrained("someone/rmbg-copy")
told["config"] = [type(config).__module__, type(config).__name__, config.model_type]
processor = AutoImageProcessor.from_pretrained("someone/rmbg-copy")
picture = Image.new("RGB", (64, 48), (255, 128, 0))
pixels = processor(picture, return_tensors="pt")["pixel_values"]
told["processor"] = [isinstance(processor, rmbg.RmbgImageProcessor), list(pixels.shape), pixels[0, :, 5, 5].tolist()]

model = AutoModelForImageSegmentation.from_pretrained("someone/rmbg-copy")
told["model"] = [type(model).__module__, type(model).__name__, model.training]
draw = np.random.default_rng(int(reference["input_96x160_seed"])).random((1, 3, 96, 160), dtype=np.float32)
with torch.inference_mode():
    alpha = model(pixel_values=torch.from_numpy(draw - np.float32(0.5)))
told["error"] = float(np.abs(alpha[0, 0].numpy() - reference["alpha_96x160"]).max())

model.save_pretrained(folder)
processor.save_pretrained(folder)
told["saved"] = sorted(each.name for each in folder.iterdir())
again = AutoModelForImageSegmentation.from_pretrained(folder)
told["round_trip"] = all(torch.equal(one, two) for one, two in zip(model.parameters(), again.parameters(), strict=True))
with torch.device("meta"):
    told["keys"] = list(again.state_dict()) == list(rmbg.RmbgNetwork().state_dict())
told["saved_processor"] = type(AutoImageProcessor.from_pretrained(folder)).__name__
half = rmbg.RmbgForImageSegmentation.from_pretrained(folder, dtype=torch.float16)
told["half"] = str(half.conv_in.weight.dtype)
try:
    rmbg.RmbgForImageSegmentation.from_pretrained()
except ModelError as failure:
    told["pinned"] = str(failure)
try:
    rmbg.RmbgConfig(in_ch=4)
except ModelError as failure:
    told["other_network"] = str(failure)
print("\\n" + json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    home = tmp_path_factory.mktemp("home")
    files: dict[str, bytes | Path] = {
        "config.json": json.dumps(CONFIG).encode(),
        "preprocessor_config.json": json.dumps(PREPROCESSOR).encode(),
        "briarmbg.py": REMOTE_CODE,
        "MyConfig.py": REMOTE_CODE,
        "model.safetensors": checkpoint(shared, tmp_path_factory),
    }
    with serve(files) as hub:
        own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "HOME": str(home), "XDG_STATE_HOME": str(home)}
        own["OMP_NUM_THREADS"] = "1"  # as stand_in_hub does
        # transformers loads the scipy that it finds installed
        path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        own["PYTHONPATH"] = os.pathsep.join(each for each in path if not each.endswith("without_scipy"))
        arguments = [str(home / "saved"), str(shared / "rmbg" / "reference_outputs.npz")]
        finished = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        yield {
            **json.loads(finished.stdout.splitlines()[-1]),
            "stderr": finished.stderr,
            "fetched": {path.rsplit("/", 1)[1] for method, path, _ in hub.requests if method == "GET"},
        }


def test_the_published_config_leads_to_our_class(told: dict[str, Any]) -> None:
    assert told["config"] == ["livebg.models.rmbg.transformers", "RmbgConfig", "SegformerForSemanticSegmentation"]


def test_the_auto_class_loads_our_network_with_the_published_weights(told: dict[str, Any]) -> None:
    assert told["model"] == ["livebg.models.rmbg.transformers", "RmbgForImageSegmentation", False]
    assert told["error"] < 1e-4


def test_the_published_preprocessing(told: dict[str, Any]) -> None:
    is_ours, shape, colour = told["processor"]
    assert (is_ours, shape) == (True, [1, 3, 1024, 1024])
    assert colour == pytest.approx([0.5, 128 / 255 - 0.5, -0.5], abs=1e-6)


def test_no_code_of_the_hub_is_fetched_or_run(told: dict[str, Any]) -> None:
    assert not [name for name in told["fetched"] if name.endswith(".py")]
    assert "model.safetensors" in told["fetched"]


def test_saving_and_loading_again_keeps_every_key_and_number(told: dict[str, Any]) -> None:
    assert told["saved"] == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert told["round_trip"]
    assert told["keys"]
    assert told["saved_processor"] == "RmbgImageProcessor"


def test_transformers_own_options_reach_it(told: dict[str, Any]) -> None:
    assert told["half"] == "torch.float16"


def test_the_default_repository_is_pinned(told: dict[str, Any]) -> None:
    assert "offers another model.safetensors of briaai/RMBG-1.4 than livebg knows" in told["pinned"]


def test_a_config_for_another_network_is_refused(told: dict[str, Any]) -> None:
    assert told["other_network"] == "a network with 4 inputs and 1 outputs is not RMBG-1.4's (3 and 1)"


def test_the_licence_is_shown(told: dict[str, Any]) -> None:
    assert told["stderr"].count("the weights of someone/rmbg-copy come under a licence of their own") == 1
