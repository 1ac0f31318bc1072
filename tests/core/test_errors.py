"""Every failure has its own exit code, so that a script can tell them apart."""

from __future__ import annotations

from livebg.core.errors import (
    BackgroundError,
    LivebgError,
    ModelError,
    SettingsError,
    SinkError,
    SomeFailedError,
    SourceError,
    counted,
    described,
    one_line,
    reason_of,
)


def test_exit_codes_are_not_zero_and_differ() -> None:
    kinds = [LivebgError, SettingsError, SourceError, ModelError, BackgroundError, SinkError, SomeFailedError]
    assert all(issubclass(each, LivebgError) for each in kinds)
    assert sorted(each.exit_code for each in kinds) == [1, 2, 3, 4, 5, 6, 7]


def test_a_reason_is_without_what_python_adds() -> None:
    assert reason_of(OSError(28, "No space left on device", "a.mp4")) == "No space left on device"
    assert reason_of(ValueError("no such layout")) == "no such layout"


def test_what_is_counted_has_its_plural() -> None:
    assert [counted(each, "key frame") for each in (0, 1, 2)] == ["0 key frames", "1 key frame", "2 key frames"]


def test_a_files_name_cannot_break_or_control_the_line() -> None:
    assert one_line("Grüße 🙂.mp4") == "Grüße 🙂.mp4"
    assert one_line("a\nb\x1b[31m\u202ec\u200bd") == r"a\nb\x1b[31m\u202ec\u200bd"


def test_a_foreign_failure_is_one_line_with_its_type() -> None:
    assert described(OSError("no\n  space  left")) == "OSError: no space left"
