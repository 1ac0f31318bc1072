"""Builds the parts and owns their lifetimes: live loop, video files and photos, on a CPU or a GPU."""
