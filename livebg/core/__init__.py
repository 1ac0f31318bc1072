"""Types, settings, errors, threads, statistics, resizing, compiled loops. Knows no device, no codec, no network."""
