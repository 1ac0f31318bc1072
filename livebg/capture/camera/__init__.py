"""Cameras through OpenCV and V4L2: list, open, loss and return."""
