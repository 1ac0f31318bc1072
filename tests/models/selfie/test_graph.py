"""The cheaper graph answers as LiteRT's own does; a model with other layers is refused."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic.scene import SyntheticScene
from livebg.models.selfie.graph import made_cheaper
from livebg.models.selfie.model_file import FILES, FOLDER
from livebg.models.selfie.runtime import SCALE, open_network, quiet

SIZES = {"landscape": (256, 144), "square": (256, 256)}


@pytest.mark.parametrize("shape", SIZES)
def test_it_answers_as_the_whole_model_does(shape: str) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT has no wheel for this platform")
    path, (width, height) = FOLDER / FILES[shape][0], SIZES[shape]
    picture = SyntheticScene(width, height).image(0.0)
    with quiet():
        whole = interpreter.Interpreter(model_content=path.read_bytes(), num_threads=1)
        whole.allocate_tensors()
    whole.set_tensor(whole.get_input_details()[0]["index"], (picture[None, ..., ::-1] * SCALE).astype(np.float32))
    whole.invoke()
    expected = whole.get_tensor(whole.get_output_details()[0]["index"])[0, ..., 0]
    answer = open_network(path, width, height).confidence(picture)
    assert np.abs(answer - expected).max() < 1e-5
    assert expected.max() - expected.min() > 0.9


@pytest.mark.parametrize("content", [b"", b"TFL3", bytes(1000), np.random.default_rng(0).bytes(1000)])
def test_what_is_no_such_model_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no model"):
        made_cheaper(content)
