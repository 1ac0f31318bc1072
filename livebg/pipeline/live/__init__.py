"""The live loop: camera to virtual camera, window and recording."""
