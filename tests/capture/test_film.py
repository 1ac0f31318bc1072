"""A film read exactly: every frame, its time, from any key."""

from __future__ import annotations

from livebg.capture.film import Film


def test_every_frame_and_its_tick(make_clip) -> None:
    film = Film(make_clip(shades=(40, 90, 140, 190), fps=20))
    index = film.index()
    frames = list(film.frames(int(index.ticks[0]), int(index.ticks[-1])))
    film.close()
    assert [each.tick for each in frames] == list(index.ticks)
    assert [round(each.image.mean(), -1) for each in frames] == [40, 90, 140, 190]
