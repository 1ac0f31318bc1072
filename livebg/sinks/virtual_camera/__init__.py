"""The virtual camera: write, find, who reads (pyvirtualcam, v4l2loopback)."""
