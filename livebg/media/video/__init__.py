"""Video files: one decoder, one table of formats, one writer, for live recordings, films and background clips."""
