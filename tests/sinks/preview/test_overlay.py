from __future__ import annotations

import numpy as np
import pytest
from composites import LEFT, RIGHT, ROOM, composite, room, standby

from livebg.core.types import Image
from livebg.sinks.preview.overlay import HELP, WARNING_FRAME_COLOUR, View

HEIGHT, WIDTH = 60, 80


def shown(view: View, made: object = None, text: str = "") -> Image:
    return view.picture(made or composite(height=HEIGHT, width=WIDTH), lambda: text)  # type: ignore[arg-type]


def ends(picture: Image) -> list[tuple[int, ...]]:
    """Its colours near the lower corners, inside of a mark around it."""
    return [tuple(picture[-5, column].tolist()) for column in (4, -5)]


def test_shows_the_composite_itself() -> None:
    made = composite(height=HEIGHT, width=WIDTH)
    assert shown(View(), made) is made.image


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("m", [(255,) * 3, (0,) * 3]),
        ("M", [(255,) * 3, (0,) * 3]),
        ("f", [RIGHT, LEFT]),
        ("ff", [LEFT, RIGHT]),
        ("c", [ROOM, RIGHT]),
        ("cf", [ROOM, LEFT]),
        ("cm", [ROOM, (0,) * 3]),
        ("fm", [(0,) * 3, (255,) * 3]),
        ("wyz", [LEFT, RIGHT]),
    ],
)
def test_keys_change_what_is_shown(keys: str, expected: list[tuple[int, ...]]) -> None:
    view = View()
    assert [view.press(key) for key in keys] == [None] * len(keys)
    assert ends(shown(view)) == expected


def test_the_composite_is_never_written_to() -> None:
    made = composite(height=HEIGHT, width=WIDTH)
    assert made.frame is not None
    before = made.image.copy(), made.frame.image.copy()
    view = View()
    for key in "mcfshmcf ":
        view.press(key)
        shown(view, made, "text")
    assert (made.image == before[0]).all()
    assert (made.frame.image == before[1]).all()


def test_before_and_after_share_a_line_and_mirror_apart() -> None:
    made = composite(height=HEIGHT, width=WIDTH)
    assert made.frame is not None
    made.frame.image[:, :10] = 200  # at the camera's left
    view = View(is_split=True)
    assert shown(view, made)[-5, 5].tolist() == [200] * 3
    assert shown(view, made)[-1, WIDTH // 2].tolist() == [255] * 3
    assert (shown(view, made)[0, : WIDTH // 2] == WARNING_FRAME_COLOUR).all(), "the camera's own picture is marked"
    view.press("f")
    assert shown(view, made)[-5, 5].tolist() == list(ROOM)


@pytest.mark.parametrize("keys", ["", "m", "c", "cmf", "sh"])
def test_standby_cards_can_be_shown_in_every_view(keys: str) -> None:
    view = View()
    for key in keys:
        view.press(key)
    assert shown(view, standby(height=HEIGHT, width=WIDTH)).shape == (HEIGHT, WIDTH, 3)
    without_matte = standby(room(0.0, HEIGHT, WIDTH), height=HEIGHT, width=WIDTH)
    left = ends(shown(view, without_matte))[0]
    under_panel = (23,) * 3  # the overlay darkens what is under its text
    assert left == {"": (77,) * 3, "m": (0,) * 3, "c": ROOM, "cmf": ROOM, "sh": under_panel}[keys]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (23, 31)])
def test_any_size_in_every_view(size: tuple[int, int]) -> None:
    view = View()
    for key in "cfmsh ":
        view.press(key)
        picture = shown(view, composite(height=size[0], width=size[1]), "fps")
        assert (picture.shape, picture.dtype) == ((*size, 3), np.uint8)


def test_transparency_shows_a_checkerboard() -> None:
    picture = shown(View(), composite(height=HEIGHT, width=WIDTH, is_transparent=True))
    assert ends(picture)[0] == LEFT
    right = picture[:, WIDTH // 2 :]
    assert sorted(np.unique(right)) == [153, 204]
    assert abs(float((right == 204).mean()) - 0.5) < 0.1
    assert sorted(np.unique(shown(View(), standby(is_transparent=True)))) == [153, 204]


def test_soft_edges_let_the_checkerboard_through() -> None:
    made = composite(height=HEIGHT, width=WIDTH, is_transparent=True)
    assert made.alpha is not None
    made.alpha[:] = 0.5
    made.image[:] = 100
    assert sorted(np.unique(shown(View(), made))) == pytest.approx([(100 + 153) / 2, (100 + 204) / 2], abs=1)


def test_holding_keeps_one_picture_until_it_goes_on() -> None:
    view = View()
    first, second = composite(height=HEIGHT, width=WIDTH), standby(height=HEIGHT, width=WIDTH)
    view.press(" ")
    assert ends(shown(view, first)) == ends(shown(view, second)) == [LEFT, RIGHT]
    assert (shown(view, second) != first.image).any()  # says that it is held
    view.press("m")
    assert ends(shown(view, second)) == [(255,) * 3, (0,) * 3]
    view.press(" ")
    view.press("m")
    assert shown(view, second) is second.image


def test_overlays_are_text_on_a_copy() -> None:
    view, made = View(), composite(height=400, width=600)
    view.press("s")
    with_numbers = view.picture(made, lambda: "30.0 fps → 1 dropped")
    assert (with_numbers != made.image).any(axis=2).mean() > 0.001
    assert (view.picture(made, lambda: "") == made.image).all()
    view.press("s")
    view.press("h")
    helped = view.picture(made, lambda: "not asked for")
    assert (helped != made.image).any(axis=2).mean() > 3 * (with_numbers != made.image).any(axis=2).mean()


def test_a_notice_is_shown_unasked() -> None:
    made = composite(height=HEIGHT, width=WIDTH)
    picture = View().picture(made, lambda: "", "recording paused")
    assert (picture != made.image).any()
    assert (View().picture(made, lambda: "", "") == made.image).all()


def test_the_other_keys_are_words() -> None:
    assert {key: View().press(key) for key in "nbxpkqNBQ\x1b"} == {
        "p": "pause",
        "k": "marker",
        "n": "next-background",
        "x": "hide-or-show",
        "b": "blur",
        "q": "quit",
        "N": "next-background",
        "B": "blur",
        "Q": "quit",
        "\x1b": "quit",
    }
    assert [View().press(key) for key in "190"] == ["preset-1", "preset-9", None]


def test_help_names_every_key() -> None:
    assert sorted(" ".join(keys for keys, _ in HELP).split()) == sorted(
        [*"nbxmcfshrqpk", "1", "to", "9", "Esc", "space"]
    )
