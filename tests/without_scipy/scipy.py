"""Takes scipy away from the programs that tests start: livebg needs none, and where one lies numba loads it, which is a
fifth of a start's processor time. conftest.py puts this folder into their path and takes it out of its own.
"""

raise ImportError("no scipy, as where livebg alone is installed")
