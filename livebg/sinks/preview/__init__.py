"""The preview window: overlay, keys, screens."""
