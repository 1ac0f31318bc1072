"""What the selection of people means by "sure"."""

from __future__ import annotations

CONFIDENT_ALPHA = 0.9  # above it the network is sure that a pixel is foreground
