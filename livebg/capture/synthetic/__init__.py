"""A drawn person with known alpha: for tests, the demo and the bench."""
