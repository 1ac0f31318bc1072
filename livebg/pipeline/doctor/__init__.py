"""livebg doctor: what this system is (state.py, probe*.py), what follows from it (findings_*.py), what mends it.

Findings are pure functions of a SystemState; only the probe files look at the system, and only mending.py changes it.
"""
