"""The queues: a picture arrives whole, in bands; on a GPU the three overlap and capture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from on_device import picture
from requirements import lacking

from livebg.pipeline.cuda.streams import InTurn, open_streams, upload_picture


@pytest.mark.parametrize("height", [1, 3, 50, 721])
def test_a_picture_arrives_whole(height: int) -> None:
    streams, image = open_streams("cpu"), picture(1, height, 40)
    image.flags.writeable = False
    host, target = streams.host(image.shape, torch.uint8), torch.zeros(image.shape, dtype=torch.uint8)
    upload_picture(streams, image, host, target).wait()
    np.testing.assert_array_equal(target.numpy(), image)


def test_in_turn_everything_is_done_at_once() -> None:
    streams = InTurn("cpu")
    before = streams.mark()
    host = streams.host((2,), torch.float32)
    with streams.computing():
        mark = streams.download([(torch.tensor([1.0, 2.0]), host)])
    streams.wait_for(mark)
    assert host.tolist() == [1.0, 2.0]
    assert mark.ms_since(before) >= 0
    assert not streams.can_capture
    streams.release()


@pytest.mark.needs_gpu
def test_on_cuda_a_stage_is_captured_and_replayed() -> None:
    if not torch.cuda.is_available():
        lacking("gpu", "no CUDA device")
    streams = open_streams("cuda")
    values, host = torch.zeros(1000, device="cuda"), streams.host((1000,), torch.float32)
    with streams.computing(), torch.inference_mode():
        (results,), replay = streams.capture(lambda: (values + 1,))
        values.fill_(4)
        replay()
    streams.download([(results, host)]).wait()
    assert host.unique().tolist() == [5.0]
    assert host.is_pinned()
