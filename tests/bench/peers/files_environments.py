"""Virtual environments of their own for rembg and backgroundremover, whose needs are not livebg's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NEEDS = {
    "rembg": ("rembg[cpu,cli]==2.0.86", "onnx"),  # onnx writes the stand-in network
    "backgroundremover": ("torch<2.14", "backgroundremover==0.4.5"),
}


def environment(peer: str, folder: Path) -> str:
    """Path of its python; made where the folder does not hold one yet."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *NEEDS[peer]], check=True)
    return str(python)
