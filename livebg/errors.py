"""Every failure that a user can meet. Knows nothing about what failed, only how it is told.

    LivebgError            anything below; cli.py turns it into one line and an exit code
    ├── SettingsError      an option, a settings file, a value out of range          exit 2
    ├── SourceError        camera, clip or picture cannot be read                    exit 3
    ├── ModelError         weights cannot be found, fetched, verified or run         exit 4
    ├── BackgroundError    a background cannot be found or decoded                   exit 5
    └── SinkError          virtual camera, window or file cannot be opened or written  exit 6

A message says what failed, what was seen, and what to do next.
"""


class LivebgError(Exception):
    """A failure with a sentence for the user; `exit_code` is what the process ends with."""

    exit_code = 1


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
