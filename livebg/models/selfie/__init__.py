"""MediaPipe selfie segmentation: the model file, its runtime, the region-of-interest pass, what its looks disagree on."""
