"""What backgrounds/generate.py paints with: a small path tracer, a lens, surfaces in relief, and the scenes."""
