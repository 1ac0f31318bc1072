"""The mark that the camera's own picture wears."""

from __future__ import annotations

import numpy as np

from livebg.sinks.preview.overlay import WARNING_FRAME_COLOUR, with_warning_frame


def test_the_frame_is_on_every_side_and_the_rest_is_the_camera() -> None:
    image = np.full((100, 200, 3), 7, np.uint8)
    shown = with_warning_frame(image)
    for rim in (shown[:3], shown[-3:], shown[:, :3], shown[:, -3:]):
        assert (rim == WARNING_FRAME_COLOUR).all()
    assert (shown[3:-3, 3:-3] == 7).all()
    assert (image == 7).all()
