"""The background model (clean plate), and the correction of the alpha by it."""
