"""Where the closer look goes, on drawn scenes and with networks whose answers are known: a person is what is blue."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import cv2
import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.resize import shrink, work_size
from livebg.core.threads import Aside
from livebg.core.types import Frame, Image, Matte
from livebg.models.selfie.common_fate import CommonFate
from livebg.models.selfie.roi import EVERY_S, RETRY_S, STRIPS, RegionOfInterest

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom, px
SOMEBODY: Rectangle = (200, 200, 440, 700)
SECOND: Rectangle = (1000, 300, 1180, 720)
BLUE, CHAIR = (255, 90, 90), (200, 90, 255)  # a chair is as blue for the whole look, and for the closer one too red


class Networks:
    """What they were asked, and a RegionOfInterest over them."""

    def __init__(self, aside: Aside | None = None) -> None:
        self.wholes: list[int] = []
        self.closes = 0
        self.fails = False
        self.look = RegionOfInterest(self.whole, self.close, 256, aside)

    def whole(self, frame: Frame) -> Matte:
        self.wholes.append(frame.sequence)
        return np.asarray(shrink(frame, 256, 144)[..., 0] > 150, np.float32)

    def close(self, picture: Image) -> Matte:
        if self.fails:
            raise ModelError("broken")
        self.closes += 1
        assert picture.shape == (256, 256, 3)
        assert picture.flags.c_contiguous
        return np.asarray((picture[..., 0] > 150) & (picture[..., 2] < 150), np.float32)


def _image(*people: Rectangle, chair: Rectangle | None = None, size: tuple[int, int] = (720, 1280)) -> Image:
    image = np.full((*size, 3), 60, np.uint8)
    for left, top, right, bottom in people:
        image[top:bottom, left:right] = BLUE
    if chair is not None:
        image[chair[1] : chair[3], chair[0] : chair[2]] = CHAIR
    return image


def _frame(image: Image, sequence: int, fps: float = 30.0) -> Frame:
    return Frame(image, sequence, 0.0, sequence / fps)


def _run(networks: Networks, images: Sequence[Image], begin: int = 0, fps: float = 30.0) -> list[Matte]:
    return [networks.look.look(_frame(image, begin + number, fps)) for number, image in enumerate(images)]


def _error(alpha: Matte, *people: Rectangle) -> float:
    wanted = np.zeros((720, 1280), np.float32)
    for left, top, right, bottom in people:
        wanted[top:bottom, left:right] = 1
    return float(np.abs(alpha - cv2.resize(wanted, (320, 180), interpolation=cv2.INTER_AREA)).mean())


def test_somebody_is_found_at_first_sight_and_nothing_else() -> None:
    networks = Networks()
    (alpha,) = _run(networks, [_image(SOMEBODY)])
    assert alpha.shape == (180, 320)
    assert alpha.dtype == np.float32
    assert _error(alpha, SOMEBODY) < 0.004
    assert networks.wholes == [0]


def test_at_first_sight_both_ways_round_are_averaged() -> None:
    networks = Networks()
    networks.look = RegionOfInterest(
        networks.whole, lambda _: np.repeat(np.float32([[0.6] * 128 + [1.0] * 128]), 256, axis=0), 256
    )
    first, second = _run(networks, [_image(SOMEBODY)] * 2)
    middle = (slice(60, 160), slice(70, 90))
    assert first[middle] == pytest.approx(0.8)
    assert second[60:160, 60:70] == pytest.approx(0.6)


@pytest.mark.slow
@pytest.mark.parametrize("fps", [15, 30, 60])
def test_the_whole_picture_is_looked_at_in_its_time_at_any_rate(fps: int) -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * (2 * fps), fps=fps)
    gaps_s = np.diff(networks.wholes) / fps
    assert gaps_s.min() >= EVERY_S - 1e-6
    assert gaps_s.max() <= EVERY_S + 1 / fps
    assert networks.closes == 2 * fps + 1


def test_a_newcomer_is_there_in_the_very_frame() -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * 2)
    (alpha,) = _run(networks, [_image(SOMEBODY, SECOND)], begin=2)
    assert networks.wholes == [0, 2]
    assert _error(alpha, SOMEBODY, SECOND) < 0.008


@pytest.mark.slow
def test_what_goes_on_outside_costs_one_more_look_in_its_time() -> None:
    networks = Networks()
    images = [_image(SOMEBODY) for _ in range(60)]
    for number, image in enumerate(images):
        image[100:300, 900:1200] = (100, 255, 200) if number % 2 else (60, 60, 60)
    _run(networks, images)
    assert len(networks.wholes) <= 2 * 2.0 / EVERY_S + 2


def test_somebody_who_is_elsewhere_at_once_is_found_in_that_frame() -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * 2)
    (alpha,) = _run(networks, [_image(SECOND)], begin=2)
    assert _error(alpha, SECOND) < 0.008


COMING = [(1280 - width, 300, 1280, 720) for width in (40, 60, 80, 100, 120, 140)]  # a strip at the picture's rim


class BlindToStrips(Networks):
    """The whole picture's network does not see somebody who is narrower than a fifth of the picture."""

    def whole(self, frame: Frame) -> Matte:
        seen = super().whole(frame).astype(np.uint8)
        return np.asarray(cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((1, 41), np.uint8)), np.float32)


def test_who_comes_in_is_there_though_the_whole_picture_does_not_show_them() -> None:
    networks, person = BlindToStrips(), (200, 200, 500, 700)
    _run(networks, [_image(person)] * 2)
    alphas = _run(networks, [_image(person, strip) for strip in COMING], begin=2)
    assert all(_error(alpha, person, strip) < 0.008 for alpha, strip in zip(alphas[1:], COMING[1:], strict=True))
    before = networks.closes
    _run(networks, [_image(person, COMING[-1])], begin=8)
    assert networks.closes == before + 2  # one crop each


def test_who_comes_into_an_empty_room_is_there_though_the_whole_picture_does_not_show_them() -> None:
    networks = BlindToStrips()
    _run(networks, [_image()] * 3)
    alphas = _run(networks, [_image(strip) for strip in COMING], begin=3)
    assert all(_error(alpha, strip) < 0.004 for alpha, strip in zip(alphas[1:], COMING[1:], strict=True))


def test_what_stirs_in_an_empty_room_and_is_nobody_costs_little() -> None:
    networks = Networks()
    images = [np.full((720, 1280, 3), 60, np.uint8) for _ in range(60)]
    for number, image in enumerate(images):
        image[100:300, 800:1100] = 60 + 60 * (number % 2)
    assert all((alpha == 0).all() for alpha in _run(networks, images))
    assert networks.closes <= 2 * (STRIPS + 2.0 / RETRY_S + 1)


def test_the_crop_does_not_follow_a_table_that_the_whole_picture_denies() -> None:
    networks, table = Networks(), np.s_[660:720, 440:1100]

    def sees_tables_too(picture: Image) -> Matte:
        return np.maximum(networks.close(picture), np.asarray(picture[..., 1] > 120, np.float32))

    networks.look = RegionOfInterest(networks.whole, sees_tables_too, 256)
    image = _image(SOMEBODY)
    image[table] = (60, 160, 60)
    alphas = _run(networks, [image] * 20)
    crop = networks.look.crop
    assert crop is not None
    assert crop.right < 800
    assert all((alpha[:, 220:] == 0).all() for alpha in alphas)


def test_who_comes_in_fast_is_whole_in_every_frame() -> None:
    networks = Networks()
    first, *places = [(1280 - 150 * n, 720 - 80 * n, 1280, 720) for n in range(1, 7)]
    _run(networks, [_image(first)] * 2)
    for place, alpha in zip(places, _run(networks, [_image(each) for each in places], begin=2), strict=True):
        assert _error(alpha, place) < 0.002


class BlindFromNear(Networks):
    """The whole picture shows somebody only at first, and a crop that they fill shows their lowest part only."""

    def whole(self, frame: Frame) -> Matte:
        seen = super().whole(frame)
        return seen if frame.sequence < 2 else np.zeros_like(seen)

    def close(self, picture: Image) -> Matte:
        alpha = super().close(picture)
        if alpha.mean() > 0.75:
            alpha[:-12] = 0
        return alpha


def test_of_whom_only_a_part_was_known_all_is_there_when_more_of_them_comes_in() -> None:
    networks, person = BlindFromNear(), (960, 160, 1280, 720)
    _run(networks, [_image(each) for each in ((1110, 550, 1280, 720), (1110, 550, 1280, 720), (1070, 450, 1280, 720))])
    alphas = _run(networks, [_image(person)] * 3, begin=3)
    assert all(_error(alpha, person) < 0.008 for alpha in alphas)
    assert networks.wholes == [0, 2]


def test_what_stirs_and_is_nobody_costs_little() -> None:
    networks, closes = Networks(), []
    for number in range(60):
        image = _image(SOMEBODY)
        image[100:300, 900:1200] = (100, 255, 200) if number % 2 else (60, 60, 60)
        before = networks.closes
        networks.look.look(_frame(image, number))
        closes.append(networks.closes - before)
    assert 60 + 5 <= sum(closes) <= 60 + 12
    assert sum(closes[30:]) <= 30 + 3


def test_who_leaves_is_gone_and_who_returns_is_there() -> None:
    networks = Networks()
    empty = _image()
    _run(networks, [_image(SOMEBODY)] * 2)
    gone = _run(networks, [empty] * 5, begin=2)
    assert all((alpha == 0).all() for alpha in gone)
    assert networks.wholes == [0, 2, 3, 4, 5, 6]
    assert networks.look.crop is None
    (alpha,) = _run(networks, [_image(SECOND)], begin=7)
    assert _error(alpha, SECOND) < 0.004


@pytest.mark.slow
def test_a_person_who_walks_is_followed_whole() -> None:
    networks = Networks()
    places = [(200 + 9 * n, 200, 440 + 9 * n, 720) for n in range(80)]
    for place, alpha in zip(places, _run(networks, [_image(each) for each in places]), strict=True):
        assert _error(alpha, place) < 0.006


def test_who_moves_fast_is_not_cut_by_the_crop() -> None:
    networks = Networks()
    places = [(100 + 45 * n, 150, 400 + 45 * n, 720) for n in range(18)]
    for place, alpha in zip(places, _run(networks, [_image(each) for each in places]), strict=True):
        assert _error(alpha, place) < 0.006
    assert networks.closes < 2 * len(places)


def test_a_chair_that_was_denied_does_not_widen_the_crop_again() -> None:
    networks = Networks()
    image = _image(SOMEBODY, chair=(1000, 300, 1200, 700))
    alphas = _run(networks, [image] * 40)
    narrow = networks.look.crop
    assert narrow is not None
    assert narrow.right < 1000
    crops = set()
    for number in range(40, 80):
        alphas += _run(networks, [image], begin=number)
        crops.add(networks.look.crop)
    assert crops == {narrow}
    assert all(_error(alpha, SOMEBODY) < 0.004 for alpha in alphas)


def test_who_comes_where_the_chair_was_is_seen() -> None:
    networks = Networks()
    chair = (1000, 300, 1200, 700)
    _run(networks, [_image(SOMEBODY, chair=chair)] * 20)
    (alpha,) = _run(networks, [_image(SOMEBODY, chair)], begin=20)
    assert _error(alpha, SOMEBODY, chair) < 0.008


def test_what_stood_in_the_empty_room_is_not_theirs_who_come_to_it() -> None:
    networks = Networks()

    def sees_books_too(picture: Image) -> Matte:
        return np.maximum(networks.close(picture), np.asarray(picture[..., 1] > 100, np.float32))

    networks.look = RegionOfInterest(networks.whole, sees_books_too, 256)
    _, top, right, bottom = SOMEBODY
    books = np.s_[top + 100 : bottom, right : right + 100]
    empty, visited = _image(), _image(SOMEBODY)
    for image in (empty, visited):
        image[books][..., 1] = 110 + 30 * (np.arange(100) // 20 % 2)
    _run(networks, [empty] * 25)
    for alpha in _run(networks, [visited] * 3, begin=25):
        assert _error(alpha, SOMEBODY) < 0.008


def test_an_empty_room_with_a_chair_costs_little_more_than_a_whole_look() -> None:
    networks = Networks()
    alphas = _run(networks, [_image(chair=(1000, 300, 1200, 700))] * 60)
    assert all((alpha == 0).all() for alpha in alphas)
    assert len(networks.wholes) == 60
    assert networks.closes <= 2 * (2.0 / RETRY_S + 1)


def test_a_cut_begins_anew() -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * 2)
    other = _image(SECOND)
    other[:, :900] = np.where(np.arange(900)[None, :, None] // 90 % 2, np.uint8(140), np.uint8(10))
    (alpha,) = _run(networks, [other], begin=2)
    assert _error(alpha, SECOND) < 0.004
    assert networks.closes == 2 + 1 + 2


@pytest.mark.parametrize("size", [(1280, 720), (900, 900), (480, 640), (32, 32), (1, 1), (720, 200)])
def test_any_shape_of_frame_will_do(size: tuple[int, int]) -> None:
    networks = Networks()
    height, width = size
    place = (width // 4, height // 3, width // 2, height)
    for alpha in _run(networks, [_image(place, size=size)] * 3):
        assert alpha.shape == work_size(height, width)[::-1]
        assert float(alpha.min()) >= 0
        assert float(alpha.max()) <= 1
        share = (width // 2 - width // 4) * (height - height // 3) / (width * height)
        assert float(alpha.mean()) == pytest.approx(share, abs=0.03)


def test_another_size_in_midstream_begins_anew() -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * 2)
    (alpha,) = _run(networks, [_image((50, 100, 150, 360), size=(360, 640))], begin=2)
    assert alpha.shape == (180, 320)
    assert networks.wholes == [0, 2]
    assert float(alpha[60:, 30:70].mean()) > 0.95


@pytest.mark.parametrize("sequence", [0, 1])
def test_a_frame_that_does_not_follow_begins_anew(sequence: int) -> None:
    """Single pictures are all number 0: nothing of one may be used for the next."""
    networks = Networks()
    _run(networks, [_image(SOMEBODY)] * 2)
    networks.look.look(_frame(_image(SOMEBODY), sequence))
    assert networks.closes == 2 + 1 + 2


def test_who_fills_the_picture_is_seen_whole() -> None:
    networks = Networks()
    alphas = _run(networks, [_image((20, 60, 1260, 720))] * 30)
    assert all(_error(alpha, (20, 60, 1260, 720)) < 0.006 for alpha in alphas)
    assert _error(_run(networks, [_image(SOMEBODY)], begin=30)[0], SOMEBODY) < 0.01
    _run(networks, [_image(SOMEBODY)] * 10, begin=31)
    assert len(networks.wholes) > 1


def test_after_a_failure_the_next_frame_is_looked_at_like_any_other() -> None:
    networks = Networks()
    _run(networks, [_image(SOMEBODY)])
    networks.fails = True
    with pytest.raises(ModelError, match="broken"):
        _run(networks, [_image(SOMEBODY)], begin=1)
    networks.fails = False
    (alpha,) = _run(networks, [_image(SOMEBODY)], begin=2)
    assert _error(alpha, SOMEBODY) < 0.004


@pytest.mark.parametrize("has_aside", [False, True])
def test_a_lesson_that_fails_costs_no_frame_and_no_reset(has_aside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(CommonFate, "vote", fails)
    with closing(Aside("test")) as aside:
        networks = Networks(aside if has_aside else None)
        for alpha in _run(networks, [_image((400, 150, 580, 720))] * 12):
            assert alpha.any()
        networks.look.reset()
        assert networks.look.crop is None


def test_both_networks_at_once_answer_as_one_after_the_other() -> None:
    alone, further, away = (SOMEBODY,), (SOMEBODY, SECOND), (SECOND,)
    images = [_image(*people) for people in (alone, further, away, (), alone) for _ in range(12)]
    images += [_image(SOMEBODY, chair=SECOND)] * 12
    in_turn = Networks()
    with closing(Aside("test")) as aside:
        at_once = Networks(aside)
        for first, second in zip(_run(in_turn, images), _run(at_once, images), strict=True):
            assert np.array_equal(first, second)
    assert at_once.wholes == in_turn.wholes
    assert in_turn.closes < at_once.closes <= in_turn.closes + 3  # where the whole picture widens the crop


def test_a_failure_beside_the_other_network_leaves_nothing_behind() -> None:
    with closing(Aside("test")) as aside:
        networks = Networks(aside)
        _run(networks, [_image(SOMEBODY)] * 2)
        networks.fails = True
        with pytest.raises(ModelError, match="broken"):
            _run(networks, [_image(SOMEBODY, SECOND)], begin=2)
        networks.fails = False
        (alpha,) = _run(networks, [_image(SOMEBODY)], begin=9)
    assert networks.wholes == [0, 2, 9]
    assert _error(alpha, SOMEBODY) < 0.004


def test_an_alpha_is_the_callers() -> None:
    networks = Networks()
    first, second = _run(networks, [_image(SOMEBODY)] * 2)
    kept = second.copy()
    first[:] = 0.5
    assert np.array_equal(second, kept)
    assert first.flags.writeable
    assert second.flags.c_contiguous


PAIR: tuple[Rectangle, Rectangle] = ((150, 250, 450, 720), (800, 200, 1120, 720))


def test_two_side_by_side_get_a_look_of_their_own_each_from_the_first_frame_on() -> None:
    networks = Networks()
    pictures: list[Image] = []

    def close(picture: Image) -> Matte:
        pictures.append(picture)
        return networks.close(picture)

    networks.look = RegionOfInterest(networks.whole, close, 256)
    (alpha,) = _run(networks, [_image(*PAIR)])
    assert _error(alpha, *PAIR) < 0.008
    pictures.clear()
    (alpha,) = _run(networks, [_image(*PAIR)], begin=1)
    assert len(pictures) == 2
    assert all(120 < np.count_nonzero((each[..., 0] > 150).any(axis=0)) < 230 for each in pictures)  # one in each
    assert _error(alpha, *PAIR) < 0.008


def test_one_who_stays_alone_gets_one_look_again() -> None:
    networks = Networks()
    _run(networks, [_image(*PAIR)] * 3)
    _run(networks, [_image(PAIR[0])] * 8, begin=3)
    before = networks.closes
    (alpha,) = _run(networks, [_image(PAIR[0])], begin=11)
    assert networks.closes == before + 1
    assert _error(alpha, PAIR[0]) < 0.006


def test_where_looks_of_their_own_lose_somebody_one_look_stays() -> None:
    networks = Networks()
    seen: list[int] = []

    def close(picture: Image) -> Matte:
        """Sees only two at once."""
        mask = networks.close(picture)
        seen.append(cv2.connectedComponents(mask.astype(np.uint8))[0] - 1)
        return mask if seen[-1] > 1 else np.zeros_like(mask)

    networks.look = RegionOfInterest(networks.whole, close, 256)
    alphas = _run(networks, [_image(*PAIR)] * 12)
    assert all(_error(alpha, *PAIR) < 0.01 for alpha in alphas)
    assert seen.count(1) <= 4  # tried, refused, and not tried again in every frame


@pytest.mark.parametrize("third", [(560, 440, 720, 720), (1180, 400, 1279, 720)], ids=["between", "beside"])
def test_who_comes_to_two_side_by_side_is_there_when_the_whole_picture_runs_again(third: Rectangle) -> None:
    networks, pair = Networks(), ((80, 450, 240, 720), (900, 430, 1060, 720))
    _run(networks, [_image(*pair)] * 2)
    alphas = _run(networks, [_image(*pair, third)] * 8, begin=2)
    assert _error(alphas[int(EVERY_S * 30) + 1], *pair, third) < 0.012
    assert _error(alphas[-1], *pair, third) < 0.012


def test_two_whom_their_own_looks_lose_at_once_are_found_in_the_very_frame() -> None:
    networks = Networks()
    lost: list[bool] = []

    def close(picture: Image) -> Matte:
        """Sees nobody as often as `lost` says."""
        answer = networks.close(picture)
        return np.zeros_like(answer) if lost and lost.pop() else answer

    networks.look = RegionOfInterest(networks.whole, close, 256)
    _run(networks, [_image(*PAIR)] * 2)
    lost += [True, True]  # of the next frame, which is not due for the whole picture
    (alpha,) = _run(networks, [_image(*PAIR)], begin=2)
    assert networks.wholes == [0, 2]
    assert _error(alpha, *PAIR) < 0.008


LEVELS = np.random.default_rng(7).integers(0, 256, (2, 3, 60, 80), np.uint8).repeat(8, 2).repeat(8, 3)
TEXTURES = np.asarray([[cv2.GaussianBlur(each, (0, 0), 5.0) for each in one] for one in LEVELS], np.uint8)


def _with_hat(across: int) -> Image:
    """A room, and somebody in it who has moved so far across: their hat is, to the closer look, no part of them."""

    def coloured(texture: np.ndarray, blue: tuple[int, int], red: tuple[int, int]) -> np.ndarray:
        bounds = (blue, (0, 255), red)
        return np.stack([np.interp(each, (0, 255), ends) for each, ends in zip(texture, bounds, strict=True)], 2)

    image = coloured(TEXTURES[0], (0, 120), (0, 255))[:360, :640]
    for left, top, right, bottom, red in ((220, 160, 380, 360, (0, 120)), (260, 100, 340, 160, (180, 255))):
        place = TEXTURES[1][:, top:bottom, left:right]
        image[top:bottom, left + across : right + across] = coloured(place, (180, 255), red)
    return image.astype(np.uint8)


SWAYING = [_with_hat(round(24 * np.sin(number / 8))) for number in range(36)]


def _hat(alpha: Matte, number: int) -> Matte:
    left = 130 + round(12 * np.sin(number / 8))
    return alpha[52:78, left + 4 : left + 36]


def test_what_was_foreseen_is_worn_from_the_first_frame_on() -> None:
    unseen, foreseen = Networks(), Networks()
    assert _hat(_run(unseen, SWAYING)[0], 0).max() < 0.1
    for _ in range(2):  # whatever came before
        foreseen.look.foresee(_frame(SWAYING[number], number) for number in range(0, 36, 6))
        for number, alpha in enumerate(_run(foreseen, SWAYING)):
            assert _hat(alpha, number).mean() > 0.9


def test_nothing_beyond_a_cut_is_foreseen() -> None:
    there, here = Networks(), Networks()
    lit = [image.copy() for image in SWAYING[6::6]]
    for image in lit:
        image[:180, :, 1], image[180:, :, 1] = 255, 0  # so much other light is another scene
    elsewhere = [_frame(image, 6 * number) for number, image in enumerate(lit, 1)]
    there.look.foresee([_frame(SWAYING[0], 0), *elsewhere])
    for one, other in zip(_run(there, SWAYING[:12]), _run(here, SWAYING[:12]), strict=True):
        assert np.array_equal(one, other)
