"""Recordings: the recorder thread, timeline, segments, chapters, sound in step."""
