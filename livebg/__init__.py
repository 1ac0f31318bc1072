"""livebg: a real-time virtual background. Three calls: `matte`, `composite`, `run`. Nothing heavy loads at import."""

__version__ = "0.1.0"
