"""A frame's way on a GPU. The picture goes up once and the composite comes down once; between network and edges the
small alpha alone comes down to the corrections of the CPU and goes up again. Main thread."""
