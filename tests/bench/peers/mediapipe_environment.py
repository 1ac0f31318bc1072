"""A virtual environment of its own for mediapipe 0.10.21, which needs an older numpy than livebg."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NEEDS = ("mediapipe==0.10.21", "opencv-contrib-python-headless<4.12", "numpy<2")


def environment(folder: Path) -> str:
    """Path of its python; made where the folder does not hold one yet."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *NEEDS], check=True)
    return str(python)
