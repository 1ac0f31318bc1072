"""MediaPipe selfie segmentation: the model file, its runtime, its two looks, and what they disagree on."""
