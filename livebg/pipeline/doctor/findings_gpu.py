"""Why a GPU is used or not, and the engines' weights with their licences."""

from __future__ import annotations

from collections.abc import Iterator

from livebg.pipeline.doctor import packages
from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.findings_software import rmbgs_left_out
from livebg.pipeline.doctor.state import Gpu, SystemState

# CUDA's major version → NVIDIA's oldest driver for it (CUDA's minor versions need no newer one).
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
CUDA_13_LEAST = 7.5  # compute capability; CUDA 13 left out Maxwell, Pascal and Volta
_PYTORCH = "pytorch.org gives the command"


def gpu(state: SystemState) -> Iterator[Finding]:
    """Which card computes the networks, or why none does."""
    seen = state.gpu
    if state.problem("GPU"):
        return
    if state.settings.device == "cpu" and set(seen.cards) & {"nvidia", "amd", "apple"}:
        yield Finding("GPU", "ok", f"there ({', '.join(seen.cards)}), but the settings file says device = cpu")
    elif "nvidia" in seen.cards or seen.driver:
        yield _nvidia(seen, state)
    elif "amd" in seen.cards and seen.torch_hip:
        yield _amd(seen, state)
    elif "amd" in seen.cards:
        mend = Mend(advice=f"install torch's ROCm build: {_PYTORCH}")
        yield Finding("GPU", "ok", f"AMD's is not used: torch {seen.torch} is not built for ROCm", mend)
    elif "apple" in seen.cards:
        yield Finding("GPU", "ok", f"Apple's, by torch {seen.torch}")
    elif "intel" in seen.cards:
        yield Finding("GPU", "ok", "Intel's is used only if you ask for it: --device intel-gpu")
    else:
        yield Finding("GPU", "ok", "none; the networks run on the processor")


def _nvidia(seen: Gpu, state: SystemState) -> Finding:
    found, mend = _obstacle(seen, state)
    if found:
        return Finding("GPU", "warning", f"NVIDIA's is not used: {found}", mend)
    name = ", ".join(seen.names) or "NVIDIA"
    return Finding(
        "GPU", "ok", f"{name}, driver {seen.driver or 'unknown'}, torch {seen.torch} for CUDA {seen.torch_cuda}"
    )


def _obstacle(seen: Gpu, state: SystemState) -> tuple[str, Mend]:
    """What keeps torch from the card, and the mend; '' for nothing."""
    linux = state.linux
    driver = packages.nvidia_driver(linux) if linux is not None else Mend(advice="install the driver from nvidia.com")
    if "mismatch" in seen.driver_error.lower():
        words = "the driver was updated while it ran (driver and library do not match)"
        return words, Mend((("reboot",),), needs_root=True, advice="restarts the computer")
    if linux is not None and linux.container and not (seen.has_library and seen.has_node):
        return f"this container ({linux.container}) was not given it", Mend(advice="start it with --gpus all")
    if not seen.has_library:
        return "its driver is not installed", driver
    if seen.driver_error and not seen.driver:
        return f"its driver does not answer ({seen.driver_error})", driver
    if not seen.torch_cuda:
        words = f"torch {seen.torch} is built without CUDA"
        if state.platform == "linux":
            again = (state.executable, "-m", "pip", "install", "--force-reinstall", "torch")
            return words, Mend((again,), advice="some gigabytes")
        return words, Mend(advice=f"install torch's CUDA build: {_PYTORCH}")
    cuda = packages.major(seen.torch_cuda)
    if seen.driver and packages.major(seen.driver) < OLDEST_DRIVER.get(cuda, 0):
        words = f"its driver {seen.driver} is too old for CUDA {seen.torch_cuda}, which needs {OLDEST_DRIVER[cuda]}"
        return words, driver
    if cuda >= 13 and seen.capabilities and all(float(each) < CUDA_13_LEAST for each in seen.capabilities):
        words = f"it is too old for CUDA {seen.torch_cuda} (compute capability {', '.join(seen.capabilities)})"
        return words, Mend(advice=f"install torch for CUDA 12.6: {_PYTORCH}")
    return "", driver


def _amd(seen: Gpu, state: SystemState) -> Finding:
    if seen.is_compute_device_closed:
        mend = Mend((("usermod", "-aG", "render", state.user.name),), True, "then log out and in again", is_safe=True)
        return Finding("GPU", "warning", "AMD's is not used: this user may not open /dev/kfd", mend)
    return Finding("GPU", "ok", f"AMD's, torch {seen.torch} for ROCm {seen.torch_hip}")


def engines(state: SystemState) -> Iterator[Finding]:
    """The weights of both engines, with their licences."""
    seen = state.engines
    if state.problem("engines"):
        return
    again = Mend(advice="install livebg again: python -m pip install --force-reinstall --no-deps . in its clone")
    if seen.selfie_problem:
        yield Finding("engine selfie", "error", seen.selfie_problem.partition("; ")[0], again)
    else:
        yield Finding("engine selfie", "ok", "comes with livebg (Apache-2.0)")
    yield _rmbg(state)


def _rmbg(state: SystemState) -> Finding:
    seen, name = state.engines, "engine rmbg"
    if absent := rmbgs_left_out(state):
        command = (state.executable, "-m", "pip", "install", *(f"{each.name}{each.wanted}" for each in absent))
        found = f"{', '.join(each.name for each in absent)} not installed; selfie does without"
        return Finding(name, "warning" if state.settings.engine == "rmbg" else "ok", found, Mend((command,)))
    whose = f"{seen.weights} ({seen.licence.partition(';')[0]})" if seen.licence else seen.weights
    if seen.problem:
        return Finding(name, "warning", seen.problem, Mend(advice="correct model or weights in the settings file"))
    if seen.cached:
        return Finding(name, "ok", f"{whose}, {'your own' if seen.cached == seen.weights else 'in the cache'}")
    is_wanted = state.settings.engine == "rmbg" or accelerates(state)
    fetch = Mend((("livebg", "models", "fetch", "rmbg"),), advice="176 MB; mind the licence")
    if seen.is_hub_off or seen.does_hub_answer is False:
        why = "the hub is switched off (HF_HUB_OFFLINE)" if seen.is_hub_off else "the hub does not answer"
        found = f"{whose}: not in the cache, and {why}"
        away = Mend(fetch.steps, advice="with a connection once; or on another machine, and --weights FILE")
        return (
            Finding(name, "warning", found, away) if is_wanted else Finding(name, "ok", f"{found}; selfie does without")
        )
    found = f"{whose}: not in the cache; livebg fetches it when it is first used"
    return Finding(name, "warning" if is_wanted else "ok", found, fetch if is_wanted else Mend())


def accelerates(state: SystemState) -> bool:
    """Whether --engine auto takes rmbg: where torch has a GPU."""
    seen = state.gpu
    has_cuda = "nvidia" in seen.cards and bool(seen.torch_cuda) and not _obstacle(seen, state)[0]
    is_amd = "amd" in seen.cards and bool(seen.torch_hip)
    return state.settings.device != "cpu" and (has_cuda or is_amd or "apple" in seen.cards)
