"""Faults injected into a whole livebg process, and what its outputs showed: for tests and tests/bench/faults.py."""
