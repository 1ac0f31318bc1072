"""The feed keeps the newest composite only while somebody asks, and nothing that was made before the user hid."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.types import Composite
from livebg.pipeline.live.feed import Feed, Shown

COMPOSITE = Composite(np.zeros((4, 6, 3), np.uint8))


def _anything(_: Shown) -> bool:
    return True


def _asked(feed: Feed, give: Callable[[], None], after: int | None = None) -> Shown | None:
    """What an asker gets if this comes while it waits."""
    answers = list[Shown | None]()
    asker = threading.Thread(target=lambda: answers.append(feed.next(_anything, after, 60)))
    asker.start()
    while not feed.is_asked:
        time.sleep(0.001)
    give()
    asker.join(0.2)
    while asker.is_alive():  # it came too late to wait for the first one
        give()
        asker.join(0.01)
    return answers[0]


def test_it_keeps_nothing_while_nobody_asks() -> None:
    feed = Feed(LiveSettings(Settings()), linger_s=0.05)
    feed.give(COMPOSITE, "live", True)
    assert not feed.is_asked
    assert feed.next(_anything, None, 0.0) is None, "what came before the question is not kept"
    feed.give(COMPOSITE, "live", True)
    first = feed.next(_anything, None, 0.0)
    assert first is not None
    assert (first.composite, first.state, first.is_own) == (COMPOSITE, "live", True)
    assert feed.next(_anything, first.sequence, 0.0) is None
    time.sleep(0.06)
    feed.give(COMPOSITE, "live", True)
    assert not feed.is_asked
    assert feed.next(_anything, None, 0.0) is None, "the question is too old"


def test_who_asks_waits_for_the_next_one() -> None:
    feed = Feed(LiveSettings(Settings()))
    shown = _asked(feed, lambda: feed.give(COMPOSITE, "standby", False))
    assert shown is not None
    assert shown.state == "standby"
    following = _asked(feed, lambda: feed.give(COMPOSITE, "live", True), shown.sequence)
    assert following is not None
    assert following.sequence > shown.sequence
    old = _asked(feed, lambda: feed.give(COMPOSITE, "live", True), 10**6)
    assert old is not None, "a number from before a restart counts as an older one"


def test_what_was_made_before_the_user_hid_is_not_given() -> None:
    controls = LiveSettings(Settings())
    feed = Feed(controls)
    feed.next(_anything, None, 0.0)
    feed.give(COMPOSITE, "live", True)
    shown = feed.next(_anything, None, 0.0)
    assert shown is not None
    controls.propose(hide=True)
    assert not feed.may_be_seen(shown)
    assert feed.next(_anything, None, 0.0) is None
    feed.give(COMPOSITE, "hidden", False)
    hidden = feed.next(_anything, None, 0.0)
    assert hidden is not None
    assert hidden.state == "hidden"


def test_it_says_who_needs_an_alpha() -> None:
    feed = Feed(LiveSettings(Settings()), linger_s=0.05)
    feed.next(_anything, None, 0.0)
    assert not feed.needs_alpha
    feed.next(_anything, None, 0.0, needs_alpha=True)
    assert feed.needs_alpha
    time.sleep(0.06)
    assert not feed.needs_alpha
