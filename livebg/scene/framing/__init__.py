"""Auto-framing: the crop that follows the person."""
