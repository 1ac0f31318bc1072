"""The gpu room: a frame's way on one device. A frame on a GPU goes capture → gpu → sinks, and on a CPU capture →
matting → scene → sinks.

The picture goes up once and the composite comes down once. Between network and edges the small alpha alone comes down
to the host's own corrections and goes up again (host_part.py). What the rooms matting and scene do at full size on the
CPU is done here by tensors, in files of the same names, and agrees with them within the tolerances that tests/gpu
state. The network, the host's part and the backgrounds are handed in. Main thread.
"""
