"""The networks' last layer outside LiteRT answers as LiteRT's own; a model with another end is refused."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic.scene import SyntheticScene
from livebg.models.selfie.last_layer import WIDTH, LastLayer, enlarge, without_last_layer
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


def test_the_loop_does_what_its_plain_form_does() -> None:
    rng = np.random.default_rng(1)
    features, weights = rng.normal(size=5 * WIDTH * 16).astype(np.float32), rng.normal(size=64).astype(np.float32)
    fast, plain = np.empty((2, 4 * 5 * WIDTH), np.float32)
    enlarge(features, weights, np.float32(0.25), fast)
    assert enlarge.plain is not None
    enlarge.plain(features, weights, np.float32(0.25), plain)
    assert np.allclose(fast, plain, atol=1e-5)


def test_the_ends_are_0_and_1_and_no_number_stays_none() -> None:
    layer = LastLayer(np.ones(64, np.float32), np.float32(0))
    features = np.full((1, WIDTH, 16), 1e9, np.float32)
    features[0, 1], features[0, 2, 5] = -1e9, np.nan
    answer = layer.confidence(features)
    assert answer.shape == (2, 2 * WIDTH)
    assert (answer[:, :2] == 1).all()
    assert (answer[:, 2:4] == 0).all()
    assert np.isnan(answer[:, 4:6]).all()


@pytest.mark.parametrize("content", [b"", b"TFL3", bytes(1000), np.random.default_rng(0).bytes(1000)])
def test_what_is_no_such_model_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no model"):
        without_last_layer(content)
