"""What needs more than one frame: motion, cuts, temporal smoothing; causal and look-ahead forms side by side."""
