"""python -m livebg"""

from livebg.cli import script

script()
