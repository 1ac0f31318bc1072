from __future__ import annotations

import pytest

from livebg.pipeline.doctor import packages
from livebg.pipeline.doctor.state_systems import Linux


def test_several_things_in_one_command() -> None:
    mend = packages.install(Linux(packager="apt"), "v4l2loopback", "PortAudio", also="linux-headers-6.1")
    assert mend.steps == (("apt", "install", "-y", "v4l2loopback-dkms", "libportaudio2", "linux-headers-6.1"),)
    assert mend.needs_root
    assert mend.is_safe


@pytest.mark.parametrize("packager", ["", "apk"])
def test_an_unknown_packager_gets_words(packager: str) -> None:
    mend = packages.install(Linux(packager=packager), "v4l2loopback", "PortAudio")
    assert (mend.steps, mend.is_safe) == ((), False)
    assert mend.advice == "install v4l2loopback and PortAudio with this distribution's package manager"


def test_what_ends_in_a_restart_is_not_run_by_fix() -> None:
    assert not packages.install(Linux(packager="rpm-ostree"), "v4l2loopback").is_safe
    assert not packages.nvidia_driver(Linux(packager="apt", distribution="ubuntu")).is_safe
    assert "RPM Fusion" in packages.nvidia_driver(Linux(packager="dnf", distribution="fedora")).advice


@pytest.mark.parametrize(
    ("packager", "name"),
    [("apt", "linux-headers-6.1.0"), ("dnf", "kernel-devel-6.1.0"), ("pacman", "linux-lts-headers"), ("zypper", "")],
)
def test_headers_of_the_running_kernel(packager: str, name: str) -> None:
    assert packages.headers(Linux(packager=packager, kernel="6.1.0", kernel_package="linux-lts")) == name


@pytest.mark.parametrize(
    ("packager", "program"), [("apt", "dkms"), ("pacman", "dkms"), ("dnf", "akmods"), ("zypper", "zypper")]
)
def test_building_it_for_the_running_kernel(packager: str, program: str) -> None:
    assert packages.build(Linux(packager=packager, kernel="6.1.0")).steps[0][0] == program


@pytest.mark.parametrize(("packager", "program"), [("apt", "apt"), ("dnf", "akmods"), ("pacman", "")])
def test_signing_it_for_secure_boot(packager: str, program: str) -> None:
    mend = packages.sign(Linux(packager=packager, kernel="6.1.0", mok_key="/etc/key.der"))
    assert [each[0] for each in mend.steps] == [program] * bool(program)
    assert mend.advice


def test_the_major_number_of_a_version() -> None:
    assert [packages.major(each) for each in ("550.54.14", "13", "", "r5")] == [550, 13, 0, 0]
