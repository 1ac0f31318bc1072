"""The queues: a picture arrives whole, in bands; on a GPU the three overlap and capture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from on_device import picture
from requirements import lacking

from livebg.pipeline.cuda.streams import InTurn, open_lanes, upload_picture


@pytest.mark.parametrize("height", [1, 3, 50, 721])
def test_a_picture_arrives_whole(height: int) -> None:
    lanes, image = open_lanes("cpu"), picture(1, height, 40)
    image.flags.writeable = False
    host, target = lanes.host(image.shape, torch.uint8), torch.zeros(image.shape, dtype=torch.uint8)
    upload_picture(lanes, image, host, target).wait()
    np.testing.assert_array_equal(target.numpy(), image)


def test_in_turn_everything_is_done_at_once() -> None:
    lanes = InTurn("cpu")
    before = lanes.mark()
    host = lanes.host((2,), torch.float32)
    with lanes.computing():
        mark = lanes.download([(torch.tensor([1.0, 2.0]), host)])
    lanes.wait_for(mark)
    assert host.tolist() == [1.0, 2.0]
    assert mark.ms_since(before) >= 0
    assert not lanes.can_capture
    lanes.release()


@pytest.mark.needs_gpu
def test_on_cuda_a_stage_is_captured_and_replayed() -> None:
    if not torch.cuda.is_available():
        lacking("gpu", "no CUDA device")
    lanes = open_lanes("cuda")
    values, host = torch.zeros(1000, device="cuda"), lanes.host((1000,), torch.float32)
    with lanes.computing(), torch.inference_mode():
        (results,), replay = lanes.capture(lambda: (values + 1,))
        values.fill_(4)
        replay()
    lanes.download([(results, host)]).wait()
    assert host.unique().tolist() == [5.0]
    assert host.is_pinned()
