"""Files in, files out: `livebg video` and `livebg image`. What is to be done, in which order, and what came of it.

Reading is capture's, the matte matting's, writing sinks'. Knows nothing about cameras or the live loop.
"""
