"""livebg where Linux's own calls are missing, as on Windows: everything that Windows' Python lacks is taken away from a
process before livebg is loaded, and what it starts (--jobs) lacks it too.

Third-party libraries are loaded before: theirs are other files on Windows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from films import make_film
from patience import HANGS_S
from PIL import Image as Pillow

pytestmark = pytest.mark.process

# Of Python's documentation: "Availability: Unix", or "not Windows".
LACKING = """
import contextlib, importlib, os, select, signal, sys, time, types
for name in ("ai_edge_litert.interpreter", "av", "cv2", "huggingface_hub.file_download",
             "urllib.request", "multiprocessing.popen_spawn_posix", "numba", "PIL.Image",
             "platformdirs", "psutil", "pyvirtualcam", "subprocess", "tempfile", "concurrent.futures", "ctypes.util",
             "tqdm", "multiprocessing.connection", "asyncio"):
    importlib.import_module(name)
# What Python's own posix library starts children with, and the window of a system whose screen nobody asks for.
whole = types.SimpleNamespace(**vars(signal))
for name in ("resource_tracker", "popen_spawn_posix", "popen_fork", "util"):
    importlib.import_module(f"multiprocessing.{name}")
    vars(sys.modules[f"multiprocessing.{name}"]).update(signal=whole)
for name in "namedWindow imshow resizeWindow setWindowTitle setMouseCallback destroyWindow destroyAllWindows".split():
    setattr(sys.modules["cv2"], name, lambda *_: None)
sys.modules["cv2"].waitKey = sys.modules["cv2"].waitKeyEx = sys.modules["cv2"].pollKey = lambda *_: -1
sys.modules["cv2"].getWindowProperty = lambda *_: 1.0
sys.modules["tempfile"]._O_TMPFILE_WORKS = False  # as it finds out where there is none
sys.modules["ctypes.util"].find_library = lambda name: None  # asks os.uname()
for name in '''O_NOCTTY O_NONBLOCK O_DIRECTORY O_NOFOLLOW O_CLOEXEC O_SYNC O_DSYNC O_ASYNC O_PATH O_TMPFILE getuid
             geteuid getgid getegid getgroups getpgid getpgrp getsid fchmod fchown fchdir chown lchown chroot
             sched_getaffinity sched_setaffinity sched_yield mkfifo mknod uname statvfs fstatvfs killpg setsid
             setpgid pwrite pread pwritev preadv posix_fallocate posix_fadvise nice eventfd eventfd_write
             eventfd_read memfd_create getloadavg sysconf confstr fork forkpty openpty tcgetpgrp tcsetpgrp
             ttyname ctermid wait3 wait4 waitid sync sendfile splice copy_file_range getxattr setxattr listxattr
             lockf register_at_fork'''.split():
    with contextlib.suppress(AttributeError):
        delattr(os, name)
for name in dir(signal):
    known = ("SIGINT", "SIGTERM", "SIGABRT", "SIGFPE", "SIGILL", "SIGSEGV", "SIG_DFL", "SIG_IGN", "SIGBREAK")
    if name.startswith(("SIG", "pthread_", "ITIMER", "setitimer", "alarm", "pause", "sigwait")) and name not in known:
        delattr(signal, name)
for name in ("poll", "epoll", "kqueue", "POLLIN", "POLLPRI"):
    with contextlib.suppress(AttributeError):
        delattr(select, name)
for name in ("fcntl", "pwd", "grp", "termios", "tty", "pty", "resource", "syslog", "curses", "inotify_simple"):
    sys.modules[name] = None
"""
PRIORITIES = "for name in ('getpriority', 'setpriority', 'PRIO_PROCESS'): delattr(os, name)\n"  # every Linux has them


def _run(folder: Path, system: str, code: str) -> subprocess.CompletedProcess[str]:
    """The code, with `main` of livebg there, in a process (and its children) like that."""
    stand_in = folder / "stand-in"
    stand_in.mkdir(exist_ok=True)
    lacking = f"{LACKING}\nsys.platform = {system!r}\n{PRIORITIES if system != 'linux' else ''}"
    (stand_in / "lacking.py").write_text(lacking)
    (stand_in / "cv2_enumerate_cameras.py").write_text("def enumerate_cameras(backend): return []\n")
    # A child's main module is loaded before it gets its work.
    (stand_in / "program.py").write_text(
        f"import lacking, sys\nfrom livebg.cli import main\nif __name__ == '__main__':\n    {code}\n"
    )
    path = os.pathsep.join([str(stand_in), os.environ["PYTHONPATH"]])
    environment = {**os.environ, "PYTHONPATH": path, "XDG_CONFIG_HOME": str(folder / "none")}
    command = [sys.executable, str(stand_in / "program.py")]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANGS_S)


@pytest.fixture(scope="module", params=["linux", "win32", "darwin"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which every command was run, one after the other in one process, whose start costs most; what they
    said on stdout."""
    folder, system = tmp_path_factory.mktemp(request.param), request.param
    for name in ("a", "b"):
        make_film(folder / f"{name}.mp4", 6)
    Pillow.new("RGB", (64, 48), "gray").save(folder / "a.jpg")
    options = "--size 320x180 --engine selfie --seconds 0.5"
    run = f"run --source synthetic {options} --to out.mp4 --to out.png --matte-to out.mkv"
    lines = ["devices", "models", "backgrounds", run, f"{run} --force", f"demo {options}"]
    lines += ["image a.jpg --engine selfie", "image a.jpg --engine selfie --force"]
    lines += ["video a.mp4 --engine selfie --background #00ff00 -o one.mp4"]
    if system != "win32":  # Python's own way to start a child is the real system's
        lines += ["video a.mp4 b.mp4 --jobs 2 --engine selfie -o done/"]
    code = f"codes = [main(each) for each in {[line.split() for line in lines]!r}]; "
    code += "import livebg; livebg.run(lambda _: None, source='synthetic', size='160x90', engine='selfie', seconds=0.5)"
    finished = _run(folder, system, f"{code}; sys.exit(max(codes))")
    assert "Traceback" not in finished.stderr, finished.stderr
    assert finished.returncode == 0, finished.stderr
    return folder, finished.stdout


def test_what_livebg_has_is_listed(done: tuple[Path, str]) -> None:
    assert re.search("cameras:.*selfie.*bookshelf", done[1], re.DOTALL)


def test_the_live_loop_runs(done: tuple[Path, str]) -> None:
    made = ["out.mp4", "out.png", "out.mkv", "livebg-demo.mp4", "livebg-demo.png"]
    assert all((done[0] / name).stat().st_size > 1000 for name in made)


def test_files_are_done(done: tuple[Path, str]) -> None:
    made = ["a-livebg.png", "one.mp4", *([] if done[0].name.startswith("win32") else ["done/a.mp4", "done/b.mp4"])]
    assert all((done[0] / name).stat().st_size > 0 for name in made)
