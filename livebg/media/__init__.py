"""Containers, codecs and pictures, and files that are whole or not there at all. All that touches PyAV and Pillow.

And PipeWire cameras, out and in.
"""
