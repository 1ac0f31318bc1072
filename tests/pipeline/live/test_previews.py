"""Pictures for who asks: the right ones, small, and never the room unless the camera was asked for."""

from __future__ import annotations

import io
import time
from typing import get_args

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, Frame, Image
from livebg.pipeline.live import previews
from livebg.pipeline.live.client import Kind, Picture
from livebg.pipeline.live.feed import Feed, Shown
from livebg.pipeline.live.previews import Previews, jpeg, shrunk, small_composite, small_matte, webp
from livebg.pipeline.live.status import State
from livebg.sinks.preview.overlay import over_checks
from livebg.sinks.virtual_camera.i420 import converted

HEIGHT, WIDTH, ROOM, PERSON, BEHIND = 90, 160, (0, 0, 250), (0, 200, 0), (200, 0, 0)
KINDS: tuple[Kind, ...] = get_args(Kind)


def _composite(age_s: float = 0.0) -> Composite:
    """A green person, in the left half, before blue; the room is red."""
    image = np.full((HEIGHT, WIDTH, 3), ROOM, np.uint8)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    image[:, : WIDTH // 2], alpha[:, : WIDTH // 2] = PERSON, 1.0
    made = image.copy()
    made[:, WIDTH // 2 :] = BEHIND
    return Composite(made, Frame(image, 7, time.monotonic() - age_s, 0.0), alpha)


class World:
    def __init__(self, **values: object) -> None:
        self.controls = LiveSettings(change(Settings(), values))
        self.feed = Feed(self.controls)
        self.previews = Previews(self.feed, self.controls, wait_s=0.0)
        for kind in KINDS:
            assert self.previews.picture(kind, 640, None) is None

    def give(self, composite: Composite, state: State = "live", is_own: bool = True) -> None:
        self.feed.give(composite, state, is_own)

    def pictures(self) -> dict[Kind, Picture]:
        """Of every kind that there is now."""
        asked = {kind: self.previews.picture(kind, 640, None) for kind in KINDS}
        return {kind: each for kind, each in asked.items() if each is not None}


def _read(picture: Picture) -> Image:
    """BGR uint8 (H, W, 3), BGRA of a person."""
    return np.asarray(cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def _near(pixel: Image, colour: tuple[int, ...]) -> bool:
    return bool(np.abs(pixel.astype(int) - np.array(colour)).max() <= 12)


def _has_red(image: Image) -> bool:
    """Whether any pixel that can be seen has the room's colour."""
    seen = image if image.shape[2] == 3 else image[image[..., 3] > 0][:, :3]
    flat = seen.reshape(-1, seen.shape[-1]).astype(int)
    return bool((flat[:, 2] > flat[:, 0] + 40).any()) if len(flat) else False


def test_each_kind_shows_what_it_says() -> None:
    world = World()
    world.give(_composite(age_s=0.05))
    seen = world.pictures()
    assert {each.state for each in seen.values()} == {"live"}
    assert all(50 <= each.age_ms < 10_000 for each in seen.values())
    images = {kind: _read(each) for kind, each in seen.items()}
    assert _near(images["composite"][45, 20], PERSON)
    assert _near(images["composite"][45, 140], BEHIND)
    assert images["matte"][45, 20] > 245
    assert images["matte"][45, 140] < 10
    assert _near(images["camera"][45, 140], ROOM)
    assert _near(images["person"][45, 20], (*PERSON, 255))
    assert images["person"][45, 140, 3] == 0
    for kind in ("composite", "person"):
        assert not _has_red(images[kind])


def test_hidden_shows_the_card_and_never_the_person_or_the_room() -> None:
    world = World()
    world.give(_composite())
    world.controls.propose(hide=True)
    assert world.pictures() == {}, "what was made before is no longer given"
    card = np.full((HEIGHT, WIDTH, 3), BEHIND, np.uint8)
    world.give(Composite(card, Frame(card, 8, time.monotonic(), 0.0)), "hidden", False)
    seen = world.pictures()
    assert set(seen) == {"composite", "matte", "person"}, "the camera is refused"
    assert _near(_read(seen["composite"])[45, 20], BEHIND)
    assert not _read(seen["matte"]).any()
    assert not _read(seen["person"])[..., 3].any()


def test_who_hides_while_a_picture_is_encoded_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        world = World()

        def encode(_: Image, world: World = world) -> bytes:
            world.controls.propose(hide=True)
            return b"too late"

        monkeypatch.setattr(previews, "webp" if kind == "person" else "jpeg", encode)
        world.give(_composite())
        assert world.previews.picture(kind, 640, None) is None


def test_a_standby_image_has_no_person_and_the_camera_only_if_asked() -> None:
    world = World()
    card = np.full((HEIGHT, WIDTH, 3), BEHIND, np.uint8)
    world.give(Composite(card, _composite().frame), "standby", False)
    seen = world.pictures()
    assert _near(_read(seen["composite"])[45, 20], BEHIND)
    assert not _read(seen["matte"]).any()
    assert not _read(seen["person"])[..., 3].any()
    assert _near(_read(seen["camera"])[45, 140], ROOM)
    world.give(Composite(card), "resting", False)
    assert "camera" not in world.pictures()
    assert world.pictures()["composite"].age_ms == 0.0


def test_a_held_composite_gives_no_person_with_another_frames_colours() -> None:
    world = World()
    held = _composite()
    world.give(Composite(held.image, Frame(np.full_like(held.image, ROOM), 8, 0.0, 0.0), held.alpha), "live", False)
    seen = world.pictures()
    assert "person" not in seen
    assert not _has_red(_read(seen["composite"]))


def test_with_show_camera_only_the_camera_is_the_camera() -> None:
    world = World(show_camera=True)
    world.give(
        Composite(np.full((HEIGHT, WIDTH, 3), ROOM, np.uint8), _composite().frame, np.ones((90, 160), np.float32))
    )
    assert set(world.pictures()) == {"camera"}


def test_the_virtual_cameras_form_is_converted_and_without_alpha_there_is_no_matte_yet() -> None:
    world = World()
    made = converted(_composite())
    world.give(Composite(made.image, made.frame, None))
    seen = world.pictures()
    assert set(seen) == {"composite", "camera"}
    assert _read(seen["composite"]).shape == (90, 160, 3)
    assert _near(_read(seen["composite"])[45, 20], PERSON)
    assert world.feed.needs_alpha, "a GPU brings it down from the next frame on"


def test_a_transparent_one_lies_over_a_checkerboard() -> None:
    composite = _composite()
    transparent = Composite(composite.image, composite.frame, composite.alpha, is_transparent=True)
    made = small_composite(transparent, 160)
    assert np.array_equal(made, over_checks(transparent)), "as in the window (sinks/preview/overlay.py)"
    assert _near(made[45, 20], PERSON)
    assert made[45, 140].tolist() in ([153] * 3, [204] * 3)


@pytest.mark.parametrize(("asked", "expected"), [(640, (90, 160)), (80, (45, 80)), (1, (36, 64)), (10**9, (90, 160))])
def test_a_picture_is_at_most_so_wide(asked: int, expected: tuple[int, int]) -> None:
    world = World()
    world.give(_composite())
    for kind in KINDS:
        picture = world.previews.picture(kind, asked, None)
        assert picture is not None
        assert _read(picture).shape[:2] == expected


def test_many_askers_of_one_frame_cost_one_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Image]()

    def encode(picture: Image) -> bytes:
        made.append(picture)
        return jpeg(picture)

    monkeypatch.setattr(previews, "jpeg", encode)
    world = World()
    for _ in range(2):
        world.give(_composite())
        answers = {picture.content for _ in range(50) if (picture := world.previews.picture("composite", 80, None))}
        assert len(answers) == 1
    assert len(made) == 2


def test_files_are_what_they_say() -> None:
    picture = np.dstack([_composite().image, np.full((HEIGHT, WIDTH), 100, np.uint8)])
    with Pillow.open(io.BytesIO(webp(picture))) as read:
        assert (read.format, read.mode, read.size) == ("WEBP", "RGBA", (WIDTH, HEIGHT))
    with Pillow.open(io.BytesIO(jpeg(shrunk(_composite().image, 80)))) as read:
        assert (read.format, read.mode, read.size) == ("JPEG", "RGB", (80, 45))
    standby = Shown(Composite(_composite().image), 1, "standby", False)
    assert small_matte(standby, 80).shape == (45, 80)
