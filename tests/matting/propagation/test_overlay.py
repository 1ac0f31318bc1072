"""Every frame has the finder's alpha at least; a key frame's detail lies over it only where nothing changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from engines import HEIGHT, ROOM, WIDTH, scene, truth
from patience import HANGS_S, until

from livebg.core.engines import Bound, MattingEngine
from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.propagation.overlay import BACK_S, OLDEST_S, DetailOverlay, Share, share_of_key
from livebg.matting.propagation.warp import Key
from livebg.matting.refine.detail import with_detail
from livebg.matting.refine.guided_filter import enlarge
from livebg.matting.small_picture import small_of

COARSE, FINE = 0.9, 0.6  # what the two halves answer where the person is


class TwoHalves:
    """A guided engine: find() gives COARSE where the person is, detail() FINE; it fails, or waits for `gate`."""

    description = "two halves"

    def __init__(self) -> None:
        self.looked: list[int] = []
        self.fails = False
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[int] = set()
        self.resets = self.closes = 0

    @property
    def unguided(self) -> MattingEngine:
        raise NotImplementedError

    def find(self, frame: Frame) -> Alpha:
        return Alpha(truth(frame) * np.float32(COARSE), frame.sequence)

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        assert belief.sequence == frame.sequence
        self.threads.add(threading.get_ident())
        self.looked.append(frame.sequence)
        self.gate.wait(HANGS_S)
        if self.fails:
            raise ModelError("no detail")
        return Alpha(np.repeat(np.repeat(truth(frame) * np.float32(FINE), 2, 0), 2, 1), frame.sequence)

    def bound_by(self, bound: Bound) -> None:
        raise NotImplementedError

    def matte(self, frame: Frame) -> Alpha:
        return self.detail(frame, self.find(frame))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def halves() -> TwoHalves:
    return TwoHalves()


@pytest.fixture
def overlay(halves: TwoHalves) -> Iterator[DetailOverlay]:
    made = DetailOverlay(halves, is_live=True, still_gate=False)
    yield made
    halves.gate.set()
    made.close()


def _settled(overlay: DetailOverlay, left: float | None = 40, sequence: int = 0) -> int:
    """Shows one picture until there is detail of it that counts fully; the sequence of the next frame."""
    wanted = overlay.counts.key_frames + 1
    numbers = iter(range(sequence, sequence + 100_000))

    def is_there() -> bool:
        overlay.matte(Frame(scene(0, left).image, number := next(numbers), number / 1000, number / 1000))
        return overlay.counts.key_frames >= wanted

    until(is_there, "detail")
    first, step = next(numbers), round(100 * BACK_S) + 1
    for number in range(first, first + 10 * step + 1, step):
        overlay.matte(Frame(scene(0, left).image, number, number / 1000, number / 1000))
    return number + 1


def _shown(alpha: Alpha) -> Matte:
    """The alpha with its detail over it, as the full-size steps lay it."""
    if alpha.detail is None:
        return alpha.values
    high, wide = alpha.detail.values.shape
    frame = Frame(np.empty((high, wide, 3), np.uint8), alpha.sequence, 0.0, 0.0)
    return with_detail(enlarge(alpha.values, frame), alpha.detail, alpha.values, frame)


def _inside(values: Matte, left: float) -> float:
    """The alpha in the middle of a person at `left`."""
    row, column = round(0.7 * values.shape[0]), round((left + 30) / WIDTH * values.shape[1])
    return float(values[row - 4 : row + 4, column - 4 : column + 4].mean())


def test_before_there_is_detail_the_finders_alpha_stands_alone(overlay: DetailOverlay, halves: TwoHalves) -> None:
    halves.gate.clear()
    for n in range(5):
        alpha = overlay.matte(scene(n, 40 + 4 * n))
        assert alpha.sequence == n
        assert np.array_equal(alpha.values, truth(scene(n, 40 + 4 * n)) * np.float32(COARSE))
    until(lambda: halves.looked == [0], "a look at the first frame")


def test_a_person_at_rest_has_the_detail_at_its_size(overlay: DetailOverlay, halves: TwoHalves) -> None:
    n = _settled(overlay)
    alpha = overlay.matte(Frame(scene(0).image, n, n / 1000, n / 1000))
    assert alpha.detail is not None
    assert alpha.detail.values.shape == (2 * HEIGHT, 2 * WIDTH)
    assert alpha.detail.share.min() > 0.99
    assert _inside(_shown(alpha), 40) == pytest.approx(FINE, abs=0.01)
    assert _shown(alpha)[:, -100:].max() == 0
    assert threading.get_ident() not in halves.threads


def test_detail_moves_along_with_the_person(overlay: DetailOverlay, halves: TwoHalves) -> None:
    n = _settled(overlay)
    halves.gate.clear()
    for step in range(1, 5):
        frame = Frame(scene(0, 40 + 3 * step).image, n + step, (n + step) / 1000, (n + step) / 1000)
        values = _shown(overlay.matte(frame))
        assert _inside(values, 40 + 3 * step) == pytest.approx(FINE, abs=0.05)
        expected = np.repeat(np.repeat(truth(frame), 2, 0), 2, 1)
        assert np.abs(values - np.minimum(expected, values)).mean() < 0.01, "nothing beside the person"


def test_what_has_changed_has_the_finders_alpha_at_once(overlay: DetailOverlay, halves: TwoHalves) -> None:
    n = _settled(overlay)
    halves.gate.clear()
    jumped = Frame(scene(0, 170).image, n, n / 1000, n / 1000)
    alpha = overlay.matte(jumped)
    values = _shown(alpha)
    assert alpha.detail is not None
    assert _inside(alpha.detail.share, 170) < 0.01, "none of it is detail"
    assert _inside(values, 170) == pytest.approx(COARSE, abs=0.05)
    assert _inside(values, 40) < 0.02, "nothing stays where the person was"


def test_who_has_gone_leaves_nothing(overlay: DetailOverlay, halves: TwoHalves) -> None:
    n = _settled(overlay)
    halves.gate.clear()
    assert _shown(overlay.matte(Frame(ROOM, n, n / 1000, n / 1000))).max() < 0.02


def test_the_key_frame_says_nothing_of_what_it_did_not_show() -> None:
    key = small_of(Frame(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), 0, 0.0, 0.0))  # alike everywhere
    nobody, flow = np.zeros(key.luma.shape, np.float32), np.zeros((*key.luma.shape, 2), np.float32)
    flow[:, -20:, 0] = 30  # comes in from the right
    share = share_of_key(nobody, key, Key(key, 0, nobody, nobody, flow, 0, 0.0), nobody, flow)
    assert share[:, -15:].max() == 0
    assert share[:, :-40].min() == 1


def test_detail_gives_way_at_once_and_comes_back_slowly() -> None:
    share = Share()

    def shown(at_s: float, value: float) -> float:
        return float(share.calm(np.full((18, 32), value, np.float32), at_s).mean())

    assert shown(1.0, 1.0) == 0, "the first is none yet"
    assert shown(1.0 + BACK_S / 2, 1.0) == pytest.approx(0.5)
    assert shown(1.0 + 2 * BACK_S, 1.0) == 1
    assert shown(1.1 + 2 * BACK_S, 0.25) == 0.25
    assert shown(1.1 + 2 * BACK_S + BACK_S / 4, 0.75) == pytest.approx(0.5)


@pytest.mark.parametrize(("moved_px", "share"), [(0.0, 1.0), (0.6, 1.0), (1.35, 0.5), (2.0, 0.0)])
def test_what_has_moved_far_has_no_detail(moved_px: float, share: float) -> None:
    key = small_of(Frame(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), 0, 0.0, 0.0))  # alike everywhere
    nobody, flow = np.zeros(key.luma.shape, np.float32), np.zeros((*key.luma.shape, 2), np.float32)
    flow[..., 1] = -moved_px
    seen = share_of_key(nobody, key, Key(key, 0, nobody, nobody, flow, 0, 0.0), nobody, flow)
    assert np.allclose(seen[20:], share, atol=0.01), "but at the upper rim, from where it comes in"


def test_without_detail_for_long_the_finders_alpha_stands_alone_again(
    overlay: DetailOverlay, halves: TwoHalves
) -> None:
    n = _settled(overlay)
    halves.gate.clear()
    at_s = n / 1000
    while at_s < n / 1000 + OLDEST_S + 0.5:
        at_s, n = at_s + 0.4, n + 1
        values = _shown(overlay.matte(Frame(scene(0).image, n, at_s, at_s)))
    assert _inside(values, 40) == pytest.approx(COARSE)


def test_where_the_detail_fails_the_finder_goes_on_and_livebg_says_so(
    overlay: DetailOverlay, halves: TwoHalves, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    halves.fails = True
    n = _settled(overlay, sequence=_settled(overlay))
    assert caplog.text.count("no detail from the network: no detail; meanwhile the finder's matte stands alone") == 1
    assert _inside(_shown(overlay.matte(Frame(scene(0).image, n, n / 1000, n / 1000))), 40) == pytest.approx(COARSE)
    halves.fails = False
    _settled(overlay, sequence=n + 1)
    assert caplog.text.count("the network's detail is back") == 1


def test_a_dead_finder_is_no_matte(overlay: DetailOverlay, halves: TwoHalves) -> None:
    halves.find = lambda frame: Alpha(np.ones((90, 160), np.float32), frame.sequence)  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="everywhere"):
        overlay.matte(scene(0))


def test_a_dead_network_adds_nothing(overlay: DetailOverlay, halves: TwoHalves) -> None:
    halves.detail = lambda frame, _: Alpha(np.ones((90, 160), np.float32), frame.sequence)  # type: ignore[method-assign]
    n = _settled(overlay)
    alpha = overlay.matte(Frame(scene(0).image, n, n / 1000, n / 1000))
    assert alpha.detail is None
    assert np.array_equal(alpha.values, truth(scene(0)) * np.float32(COARSE))


def test_after_a_cut_no_detail_of_another_scene_counts(overlay: DetailOverlay, halves: TwoHalves) -> None:
    n = _settled(overlay)
    halves.gate.clear()
    other = np.zeros_like(ROOM)
    other[:, ::2] = 170
    alpha = overlay.matte(Frame(other, n, n / 1000, n / 1000))
    assert alpha.detail is None
    assert alpha.values.max() == 0


def test_the_stride_and_the_still_gate_spare_looks(halves: TwoHalves) -> None:
    overlay = DetailOverlay(halves, is_live=True)
    _settled(overlay)
    before = len(halves.looked)
    for n in range(200_000, 200_020):
        overlay.matte(Frame(scene(0).image, n, 100.0 + n / 1e6, 0.0))
    assert len(halves.looked) <= before + 1
    overlay.set_still_gate(False)
    overlay.set_stride(1000)
    for n in range(300_000, 300_100):
        overlay.matte(Frame(scene(0).image, n, 100.1 + n / 1e6, 0.0))
    overlay.close()
    assert len([each for each in halves.looked if each > 299_999]) <= 1
    assert halves.closes == 1


def test_without_detail_the_finder_stands_alone_and_the_network_rests(
    overlay: DetailOverlay, halves: TwoHalves
) -> None:
    n = _settled(overlay)
    overlay.set_stride(0)
    looked = len(halves.looked)
    for each in range(n, n + 20):
        alpha = overlay.matte(Frame(scene(0).image, each, each / 1000, 0.0))
        assert alpha.detail is None
        assert np.array_equal(alpha.values, truth(scene(0)) * np.float32(COARSE))
    assert len(halves.looked) <= looked + 1  # the one under way
    overlay.set_stride(1)
    _settled(overlay, sequence=n + 20)
    assert len(halves.looked) > looked
