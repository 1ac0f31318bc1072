"""The last layer's loop does what its plain form does, and keeps within 0..1."""

from __future__ import annotations

import numpy as np

from livebg.models.selfie.last_layer import WIDTH, LastLayer, enlarge


def test_the_loop_does_what_its_plain_form_does() -> None:
    rng = np.random.default_rng(1)
    features, weights = rng.normal(size=5 * WIDTH * 16).astype(np.float32), rng.normal(size=64).astype(np.float32)
    fast, plain = np.empty((2, 4 * 5 * WIDTH), np.float32)
    enlarge(features, weights, np.float32(0.25), fast)
    assert enlarge.plain is not None
    enlarge.plain(features, weights, np.float32(0.25), plain)
    assert np.allclose(fast, plain, atol=1e-5)


def test_the_ends_are_0_and_1_and_no_number_stays_none() -> None:
    layer = LastLayer(np.ones(64, np.float32), np.zeros(1, np.float32))
    features = np.full((1, WIDTH, 16), 1e9, np.float32)
    features[0, 1], features[0, 2, 5] = -1e9, np.nan
    answer = layer.confidence(features)
    assert answer.shape == (2, 2 * WIDTH)
    assert (answer[:, :2] == 1).all()
    assert (answer[:, 2:4] == 0).all()
    assert np.isnan(answer[:, 4:6]).all()
