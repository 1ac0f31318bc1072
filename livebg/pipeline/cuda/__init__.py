"""The frame processor on a GPU: the picture goes up once and the composite comes down once; between the network and the
guided filter the small alpha alone comes down to the chain's steps on the host and goes up again. Main thread.
"""
