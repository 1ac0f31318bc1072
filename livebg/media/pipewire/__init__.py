"""PipeWire cameras, out and in, by ctypes on libpipewire. The holder is a small process: the standard library alone."""
