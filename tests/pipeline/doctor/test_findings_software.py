"""Packages, libraries, sound, encoders, settings file, disks: what is found when it changes where all was well."""

from __future__ import annotations

from recorded_systems import ARCH, DEBIAN, FEDORA, MACOS, UBUNTU, WINDOWS, Case, Well, checks_of, system

from livebg.pipeline.doctor.findings_software import rmbgs_left_out

PORTAUDIO = "a microphone needs the library PortAudio: not found; sudo apt install libportaudio2"
LIBGL = "OpenCV needs libGL.so.1, which this system lacks; on Debian and Ubuntu: ..."

# system, changes, name, state, words of what is found, mend as text (its beginning; '' for none)
FAULTS: list[Case] = [
    (UBUNTU, {"problems": [["engines", "OSError: 5"]]}, "engines", "unknown", "cannot be looked at: OSError: 5", ""),
    (DEBIAN, {"problems": [["settings file", "OSError: 5"]]}, "settings file", "unknown", "OSError: 5", ""),
    (
        ARCH,
        {"problems": [["GPU", "psutil does not load: no libc"]]},
        "GPU",
        "error",
        "psutil does not load",
        "install liv",
    ),
    (ARCH, {"problems": [["GPU", "ValueError: 7"]]}, "GPU", "unknown", "cannot be looked at: ValueError: 7", ""),
    (
        DEBIAN,
        {"problems": [["opencv", LIBGL]]},
        "OpenCV",
        "error",
        "needs libGL.so.1",
        "sudo apt install -y libgl1 libglib2.0-0 libxcb1",
    ),
    (FEDORA, {"problems": [["opencv", LIBGL]]}, "OpenCV", "error", "libGL.so.1", "sudo dnf install -y mesa-libGL"),
    (
        WINDOWS,
        {"problems": [["opencv", "OpenCV cannot be loaded: DLL load failed; install livebg again"]]},
        "OpenCV",
        "error",
        "DLL load failed",
        r"C:\Users\ada\livebg\.venv\Scripts\python.exe -m pip install --force-reinstall opencv-python",
    ),
    (
        DEBIAN,
        {"packages.0.version": "", "packages.0.fits": False},
        "packages",
        "error",
        "av absent (needs >=18)",
        "/home/ada/livebg/.venv/bin/python -m pip install 'av>=18'",
    ),
    (
        WINDOWS,
        {"packages.1.version": "1.26.4", "packages.1.fits": False},
        "packages",
        "error",
        "numpy 1.26.4 (needs >=2.0)",
        r'C:\Users\ada\livebg\.venv\Scripts\python.exe -m pip install "numpy>=2.0"',
    ),
    (MACOS, {"packages": None}, "packages", "unknown", "runs from its sources", ""),
    (
        DEBIAN,
        {"microphones": None, "problems": [["microphones", PORTAUDIO]]},
        "microphone",
        "warning",
        "PortAudio is missing",
        "sudo apt install -y libportaudio2",
    ),
    (
        ARCH,
        {"microphones": None, "problems": [["microphones", PORTAUDIO]]},
        "microphone",
        "warning",
        "PortAudio is missing",
        "sudo pacman -S --noconfirm portaudio",
    ),
    (
        DEBIAN,
        {"microphones": None, "problems": [["microphones", "microphones cannot be listed: ..."]]},
        "microphone",
        "unknown",
        "cannot be listed",
        "",
    ),
    (
        ARCH,
        {"codecs.3.software": ""},
        "encoders",
        "warning",
        "none for av1",
        "/home/ada/livebg/.venv/bin/python -m pip",
    ),
    (MACOS, {"codecs": None, "problems": [["codecs", "no libav"]]}, "encoders", "error", "no libav", "/Users/ada/live"),
    (
        DEBIAN,
        {"settings.is_there": True, "settings.problem": "/home/ada/... is not valid TOML: line 3"},
        "settings file",
        "error",
        "not valid TOML",
        "mv /home/ada/.config/livebg/settings.toml /home/ada/.config/livebg/settings.toml.broken",
    ),
    (
        MACOS,
        {"disks.0.free_bytes": 500_000_000},
        "disk for recordings, models, caches",
        "warning",
        "only 0.5 GB free in /Users/ada",
        "du -xh --max-depth=2 /Users/ada",
    ),
    (ARCH, {"disks.0.free_bytes": 9}, "disk for recordings, models, caches", "error", "only 0.0 GB", "du -xh"),
    (
        ARCH,
        {"disks.0.is_writable": False},
        "disk for recordings, models, caches",
        "warning",
        "cannot be written",
        "ls -ld /home/ada",
    ),
    (ARCH, {"disks.0.free_bytes": None}, "disk for recordings, models, caches", "unknown", "does not say", ""),
    (
        ARCH,
        {"problems": [["home folder", "this user has no home folder"]]},
        "home folder",
        "warning",
        "no home",
        "export XDG",
    ),
    (
        ARCH,
        {"plugins": [{"kind": "engine", "name": "x", "package": "extra 1.2", "problem": "engine x cannot be loaded"}]},
        "plug-in",
        "warning",
        "engine x cannot be loaded",
        "/home/ada/livebg/.venv/bin/python -m pip install --force-reinstall extra",
    ),
    (ARCH, {"problems": [["current folder", "it is gone"]]}, "current folder", "warning", "it is gone", "cd /"),
]
# system, changes, name, words of what is found
WELL: list[Well] = [
    (ARCH, {"microphones": []}, "microphone", "none"),
    (
        ARCH,
        {"plugins": [{"kind": "sink", "name": "x", "package": "extra 1.2", "problem": ""}]},
        "plug-ins",
        "sink x (extra 1.2)",
    ),
    (ARCH, {"settings.is_there": True}, "settings file", "/home/ada/.config/livebg/settings.toml"),
]

test_a_fault_is_found_with_its_mend, test_what_is_no_fault_is_told = checks_of(FAULTS, WELL)


def test_only_absent_packages_of_rmbgs_are_left_out() -> None:
    packages = [{"name": "torch", "version": ""}, {"name": "openvino", "version": "2026.4"}, {"name": "av"}]
    assert [each.name for each in rmbgs_left_out(system(DEBIAN, {"packages": packages}))] == ["torch"]
