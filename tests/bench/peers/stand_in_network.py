"""A stand-in network for video tools: 0.96 GMAC a picture, the same numbers in ONNX Runtime and in torch.

float32 (1, 3, 320, 320), whatever normalised → (1, 1, 320, 320) in 0..1: a head and shoulders whose outline sways with
the picture's light. Four convolutions of 64 channels at 80x80 are its cost and, but for 1e-6 of it, not its answer.
Runs in each tool's own environment, where livebg is not installed; from the command line it writes the ONNX file.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

SIZE, CHANNELS, LAYERS, STRIDE = 320, 64, 4, 4


def weights() -> dict[str, np.ndarray]:
    """float32, alike on every machine. prior: (1, 1, SIZE, SIZE), above 0 inside of head and shoulders."""
    draw = np.random.default_rng(11)

    def kernel(outputs: int, inputs: int, side: int) -> np.ndarray:
        scale = np.float32(np.sqrt(2 / (inputs * side * side)))
        return draw.standard_normal((outputs, inputs, side, side)).astype(np.float32) * scale

    found = {"first": kernel(CHANNELS, 3, STRIDE), "last": kernel(1, CHANNELS, 1) * np.float32(1e-6)}
    found |= {f"layer{number}": kernel(CHANNELS, CHANNELS, 3) for number in range(LAYERS)}
    found["light"] = np.full((1, 3, 1, 1), 0.1, np.float32)
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE
    head = 1 - np.hypot((x - 0.5) / 0.14, (y - 0.4) / 0.22)
    body = 1 - np.hypot((x - 0.5) / 0.36, (y - 1.0) / 0.42)
    found["prior"] = (12 * np.maximum(head, body)).astype(np.float32)[None, None]
    return found


def in_torch() -> Any:
    """A module that gives a tuple of one tensor, as U-2-Net gives its outputs."""
    import torch
    from torch.nn import functional

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, values in weights().items():
                self.register_buffer(name, torch.from_numpy(values))

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor]:
            features = torch.relu(functional.conv2d(pixels, self.first, stride=STRIDE))
            for number in range(LAYERS):
                features = torch.relu(functional.conv2d(features, getattr(self, f"layer{number}"), padding=1))
            cost = functional.interpolate(functional.conv2d(features, self.last), scale_factor=STRIDE, mode="nearest")
            return (torch.sigmoid(self.prior + functional.conv2d(pixels, self.light) + cost),)

    return Network().eval()


def write_onnx(path: str) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def convolution(entry: str, kernel: str, result: str, **options: Any) -> Any:
        return helper.make_node("Conv", [entry, kernel], [result], **options)

    nodes = [convolution("pixels", "first", "raw", strides=[STRIDE, STRIDE]), helper.make_node("Relu", ["raw"], ["f0"])]
    for number in range(LAYERS):
        nodes.append(convolution(f"f{number}", f"layer{number}", f"raw{number}", pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"raw{number}"], [f"f{number + 1}"]))
    nodes += [
        convolution(f"f{LAYERS}", "last", "small"),
        helper.make_node("Resize", ["small", "", "scales"], ["cost"], mode="nearest"),
        convolution("pixels", "light", "lit"),
        helper.make_node("Sum", ["prior", "lit", "cost"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["alpha"]),
    ]
    kept = [numpy_helper.from_array(values, name) for name, values in weights().items()]
    kept.append(numpy_helper.from_array(np.array([1, 1, STRIDE, STRIDE], np.float32), "scales"))
    entry = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, SIZE, SIZE])
    result = helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, 1, SIZE, SIZE])
    graph = helper.make_graph(nodes, "stand-in", [entry], [result], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    write_onnx(sys.argv[1])
