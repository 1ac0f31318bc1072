"""livebg's version: the package, its files and its command say the same."""

VERSION = "0.2.0"
