"""From the engine's small alpha to the full-size alpha."""
