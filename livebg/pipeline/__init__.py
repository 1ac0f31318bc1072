"""Who drives: builds the parts and owns their lifetimes, for the live loop, video files and photos, on a CPU or
a GPU."""
