"""The alpha of key frames, warped to other frames by optical flow: where the engine is slower than the camera."""
