"""A background's picture goes up once, and arrives whole."""

from __future__ import annotations

import numpy as np
from on_device import picture

from livebg.pipeline.cuda.streams import InTurn
from livebg.pipeline.cuda.uploads import Pictures


def test_the_same_array_goes_up_once_another_at_once() -> None:
    pictures, (one, other) = Pictures(InTurn("cpu"), 20, 30), (picture(1, 20, 30), picture(2, 20, 30))
    place = pictures.behind.data_ptr()
    for image, uploads in ((one, 1), (one, 1), (other, 2), (one, 3), (one.copy(), 4)):
        pictures.bring(image)
        assert pictures.uploads == uploads
        np.testing.assert_array_equal(pictures.behind.numpy(), image)
    assert pictures.behind.data_ptr() == place
