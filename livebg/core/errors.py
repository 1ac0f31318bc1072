"""Every failure that a user can meet.

    LivebgError            anything below; cli turns it into one line and an exit code
    ├── SettingsError      an option, a settings file, a value out of range          exit 2
    ├── SourceError        camera, clip or picture cannot be read                    exit 3
    ├── ModelError         weights cannot be found, fetched, verified or run         exit 4
    ├── BackgroundError    a background cannot be found or decoded                   exit 5
    ├── SinkError          virtual camera, window or file cannot be opened or written  exit 6
    ├── SomeFailedError    some of many files failed                                exit 7
    └── FindingsError      livebg doctor has found warnings, errors                 exit 8, 9

A message says what failed, what was seen, and what to do next, on one line.
"""


def reason_of(cause: BaseException) -> str:
    """The system's or library's text of a failure, without the number and the name that Python adds."""
    return str(getattr(cause, "strerror", None) or cause)


def described(failure: BaseException) -> str:
    """One line about a failure that is none of livebg's: its type's name and its text."""
    return " ".join(f"{type(failure).__name__}: {failure}".split())


class LivebgError(Exception):
    """A failure with a sentence for the user; the process ends with `exit_code`."""

    exit_code = 1

    def __str__(self) -> str:
        return one_line(super().__str__())


class SettingsError(LivebgError):
    exit_code = 2


class SourceError(LivebgError):
    exit_code = 3


class ModelError(LivebgError):
    exit_code = 4


class BackgroundError(LivebgError):
    exit_code = 5


class SinkError(LivebgError):
    exit_code = 6


class SomeFailedError(LivebgError):
    exit_code = 7


class FindingsError(LivebgError):
    """The doctor's summary. is_error: some finding is an error, not only warnings."""

    def __init__(self, summary: str, is_error: bool) -> None:
        super().__init__(summary)
        self.exit_code = 9 if is_error else 8


def one_line(text: str) -> str:
    """For a terminal: replaces characters that break the line, control the terminal or are invisible by escapes (a
    file's name may contain all of them)."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def counted(number: int, noun: str) -> str:
    """'1 frame', '2 frames'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
