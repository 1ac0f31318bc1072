"""The gpu room: a frame's whole way on one device. A frame on a GPU goes capture → gpu → sinks, and on a CPU
capture → matting → scene → sinks.

The picture goes up once and the composite comes down once; in between nothing leaves the device. What the rooms
matting and scene do on the CPU is done here by tensors, in files of the same names, and agrees with them within the
tolerances that tests/gpu state. The network and the backgrounds are handed in. Main thread.
"""
