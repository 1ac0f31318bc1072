"""Photos: `livebg image` and `livebg.matte()`."""
