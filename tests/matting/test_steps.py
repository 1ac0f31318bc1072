"""The full-size edge: guided where the small alpha is coarse, as it is where that shows the edge itself."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from livebg.core.resize import is_fine
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Detail, Frame, Matte
from livebg.matting.item import Item
from livebg.matting.refine.guided_filter import Refiner, agreed, enlarge
from livebg.matting.refine.pyramid import refine, sharpened
from livebg.matting.steps import Ask, CorrectCoarse, GuidedFilter, PyramidGuidedFilter
from livebg.matting.temporal.edge import params_for
from livebg.matting.temporal.params import DETAIL_EDGE, EDGE, FINE_EDGE

HEIGHT, WIDTH = 180, 320
IMAGE = np.random.default_rng(4).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
FRAME = Frame(IMAGE, 0, 0.0, 0.0)


def _small(height: int, width: int) -> Matte:
    """A soft edge down the middle."""
    ramp = np.clip((np.arange(width) / width - 0.45) / 0.1, 0, 1).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(ramp, (height, width)))


COARSE, FINE = _small(90, 160), _small(HEIGHT, WIDTH)


def _full(small: Matte, edges: str = "guided", detail: Detail | None = None) -> Matte:
    item = Item(FRAME, Alpha(small, 0), detail=detail)
    return GuidedFilter().apply(item, Settings(edges=edges)).full


@pytest.mark.parametrize(
    ("frame", "small", "expected"),
    [
        ((720, 1280), (180, 320), False),
        ((720, 1280), (288, 512), False),
        ((720, 1280), (360, 640), True),
        ((180, 320), (180, 320), True),
        ((180, 320), (90, 160), False),
    ],
)
def test_fine_is_twice_the_work_size_or_the_frames_own(
    frame: tuple[int, int], small: tuple[int, int], expected: bool
) -> None:
    one = Frame(np.zeros((*frame, 3), np.uint8), 0, 0.0, 0.0)
    assert is_fine(np.zeros(small, np.float32), one) is expected
    assert params_for(np.zeros(small, np.float32), one) is (FINE_EDGE if expected else EDGE)


def test_a_coarse_alpha_is_guided_and_a_fine_one_made_surer() -> None:
    assert np.array_equal(_full(COARSE), Refiner().refine(COARSE, FRAME))
    assert np.array_equal(_full(FINE), agreed(enlarge(FINE, FRAME), Refiner().refine(FINE, FRAME)))
    for each in (COARSE, FINE):
        assert np.array_equal(_full(each, "plain"), enlarge(each, FRAME))


def test_a_photos_fine_alpha_is_a_little_sharper_and_not_moved() -> None:
    def photo(small: Matte, edges: str) -> Matte:
        return PyramidGuidedFilter().apply(Item(FRAME, Alpha(small, 0)), Settings(edges=edges)).full

    sharper = photo(FINE, "guided")
    assert np.array_equal(sharper, sharpened(FINE, FRAME))
    assert np.array_equal(sharper > 0.5, FINE > 0.5)
    soft = [int(((each > 0.01) & (each < 0.99)).sum()) for each in (FINE, sharper)]
    assert 0.7 * soft[0] < soft[1] < 0.9 * soft[0]
    assert np.array_equal(photo(FINE, "plain"), FINE)
    assert np.array_equal(photo(COARSE, "guided"), refine(COARSE, FRAME))


class _Zero:
    """A correction that makes 0 of everything."""

    resets = 0

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:  # noqa: ARG002 - the shape of one
        return Alpha(np.zeros_like(alpha.values), alpha.sequence)

    def reset(self) -> None:
        self.resets += 1


def test_a_fine_alpha_is_not_corrected_as_a_coarse_one() -> None:
    correction = _Zero()
    step = CorrectCoarse(correction)
    fine = Item(FRAME, Alpha(FINE, 0))
    assert step.apply(fine, Settings()) is fine
    assert not step.apply(Item(FRAME, Alpha(COARSE, 0)), Settings()).alpha.values.any()
    step.reset()
    assert correction.resets == 1


def _detail(values: Matte, share: Matte) -> Detail:
    """Of a picture in which nothing has moved."""
    size = (share.shape[1], share.shape[0])
    coarse = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    return Detail(values, np.zeros((*share.shape, 2), np.float32), share, coarse)


def test_detail_lies_over_the_part_that_it_is_for() -> None:
    share = np.zeros((HEIGHT, WIDTH), np.float32)
    share[: HEIGHT // 2] = 1
    upper = slice(HEIGHT // 2 - 1), slice(WIDTH // 2 + 14, None)  # where the small alpha sees somebody
    for edges in ("guided", "plain"):
        full, alone = _full(COARSE, edges, _detail(FINE, share)), _full(COARSE, edges)
        assert np.allclose(full[upper], FINE[upper], atol=1e-6)
        assert np.allclose(full[HEIGHT // 2 + 1 :], alone[HEIGHT // 2 + 1 :], atol=1e-6)
        assert full.min() >= 0
        assert full.max() <= 1
    assert params_for(COARSE, FRAME, has_detail=True) is DETAIL_EDGE


def test_the_engine_says_which_part_is_detail() -> None:
    detail = _detail(FINE, np.full((4, 4), 0.5, np.float32))

    class Engine:
        description = "with detail"

        def matte(self, frame: Frame) -> Alpha:
            return Alpha(COARSE, frame.sequence, detail)

        def reset(self) -> None: ...

        def close(self) -> None: ...

    item = Ask(Engine()).apply(replace(Item(FRAME)), Settings())
    assert item.detail is detail
