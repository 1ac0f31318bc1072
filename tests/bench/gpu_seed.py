"""The seed's way of making a frame on a GPU, beside ours: a part of tests/bench/gpu.py."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image as Pillow
from torch import Tensor, nn
from torch.nn import functional

from livebg.core.types import Frame, Image
from livebg.pipeline.cuda.network import plain
from tests.bench.gpu_card import Bench, Results, Size, line, percentiles
from tests.bench.gpu_frames import SETTINGS, Behind, pictures, processor_for


def measure_seed(bench: Bench, network: nn.Module) -> Results:
    """The seed's way and ours on the same frames, in turn."""
    size, matte = bench.plan.seed
    reference, features = plain(network, bench.device, torch.float32), []
    for stage in ("stage2d", "stage3d", "stage4d", "stage5d", "stage6"):
        reference.get_submodule(stage).register_forward_hook(lambda _module, _inputs, output: features.append(output))
    processor = processor_for(bench, network, matte)
    images, background = pictures(size, 4, 5), Behind(pictures(size, 1, 6))
    behind = Pillow.fromarray(background.picture(Frame(images[0], 0, 0.0, 0.0), None))
    durations: dict[str, list[float]] = {"seed": [], "ours": []}
    processor.warm_up(*size, lambda _: None)
    for number in range(bench.plan.seed_runs + 2):
        frame = Frame(images[number % 4], number, 0.0, number / 30)
        for name, call in (
            ("seed", lambda frame=frame: seeds_way(reference, features, frame.image, size, behind, bench.device)),
            ("ours", lambda frame=frame: processor.composite(frame, SETTINGS, background)),
        ):
            host_ms = bench.time(call, 1)[1]
            if number >= 2:
                durations[name].extend(host_ms)
    processor.close()
    ratio = float(np.median(durations["seed"]) / np.median(durations["ours"]))
    print(f"\nthe seed's way, {size[1]}x{size[0]}: {line(durations['seed'])}")
    print(
        f"ours, matte {matte[0]}x{matte[1]}:          {line(durations['ours'])}: {ratio:.1f} times as fast (target 30)"
    )
    return {name: percentiles(each) for name, each in durations.items()} | {"ratio": round(ratio, 1), "target": 30}


@torch.inference_mode()
def seeds_way(
    network: nn.Module, features: list[Tensor], image: Image, size: Size, behind: Pillow.Image, device: str
) -> Image:
    """float32 at full size, all six outputs, each picture's alpha stretched to 0..1, pasted by PIL."""
    features.clear()
    planes = torch.tensor(np.ascontiguousarray(image[..., ::-1]), dtype=torch.float32).permute(2, 0, 1)[None]
    pixels = (functional.interpolate(planes, size=size, mode="bilinear") / 255 - 0.5).to(device)
    outputs = [network(pixels)]
    for number, each in enumerate(reversed(features), start=2):
        answer = network.get_submodule(f"side{number}")(each)
        outputs.append(torch.sigmoid(functional.interpolate(answer, size=pixels.shape[2:], mode="bilinear")))
    alpha = functional.interpolate(outputs[0], size=image.shape[:2], mode="bilinear")[0, 0]
    stretched = (alpha - alpha.min()) / (alpha.max() - alpha.min())
    mask = Pillow.fromarray((stretched * 255).cpu().numpy().astype(np.uint8))
    result = behind.copy()
    result.paste(Pillow.fromarray(np.ascontiguousarray(image[..., ::-1])), (0, 0), mask)
    return np.ascontiguousarray(np.asarray(result)[..., ::-1])
