"""Blocks of sound with their capture times, and their encoding."""
