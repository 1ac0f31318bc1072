"""The network in the device's form: plain, which is the reference, or fast, with the batch norms folded away.

Works on any network's modules and tensors: it makes the fast form from the traced graph (torch.fx). It copies the
module and never changes it.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, fx, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

FARTHEST = 0.02  # mean difference of alphas above which two forms of one network are not the same network


def plain(network: nn.Module, device: str, dtype: torch.dtype) -> nn.Module:
    """The module itself in this precision."""
    return copy.deepcopy(network).eval().to(device=device, dtype=dtype)


def fast(network: nn.Module, device: str, dtype: torch.dtype) -> nn.Module:
    """Convolution, batch norm and ReLU as one step each, channels last. Raises RuntimeError if it cannot trace it.

    Folds in float32, before it lowers the precision.
    """
    try:
        traced = fx.symbolic_trace(copy.deepcopy(network).eval())
    except (TypeError, ValueError) as cause:  # torch.fx raises these
        raise RuntimeError(f"the network cannot be traced: {cause}") from cause
    modules = dict(traced.named_modules())
    for node in list(traced.graph.nodes):
        convolution = _convolution_alone_before(node, modules) if _calls(node, modules, nn.BatchNorm2d) else None
        if convolution is not None:
            source = node.args[0]
            folded = fuse_conv_bn_eval(convolution, modules[str(node.target)])
            users = list(node.users)
            has_relu = len(users) == 1 and users[0].target in (functional.relu, torch.relu)
            last = users[0] if has_relu else node
            _replace(traced, str(source.target), ConvolutionRelu(folded) if has_relu else folded)
            last.replace_all_uses_with(source)
            for each in dict.fromkeys((last, node)):
                traced.graph.erase_node(each)
    traced.delete_all_unused_submodules()
    traced.recompile()
    moved = traced.to(device=device, dtype=dtype)
    for parameter in moved.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return moved


def difference(one: nn.Module, other: nn.Module, pixels: Tensor) -> float:
    """Mean absolute difference of two forms' answers to these pixels; infinite if one of them has NaN."""
    gap = (one(pixels).to(torch.float32) - other(pixels).to(torch.float32)).abs().mean().item()
    return gap if gap == gap else float("inf")


class ConvolutionRelu(nn.Module):
    """A convolution and its ReLU; one kernel with cuDNN. For maps this small, torch's own three (bias, too) take longer
    to start than to run."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, features: Tensor) -> Tensor:
        conv = self.convolution
        if not features.is_cuda or torch.version.cuda is None:
            return functional.relu_(conv(features))
        assert not isinstance(conv.padding, str)
        answer: Tensor = torch.cudnn_convolution_relu(
            features, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups
        )
        return answer


def _calls(node: fx.Node, modules: dict[str, nn.Module], kind: type[nn.Module]) -> bool:
    return node.op == "call_module" and isinstance(modules[str(node.target)], kind)


def _convolution_alone_before(node: fx.Node, modules: dict[str, nn.Module]) -> nn.Conv2d | None:
    """The convolution whose answer only this node uses."""
    source = node.args[0]
    assert isinstance(source, fx.Node)
    if not _calls(source, modules, nn.Conv2d) or len(source.users) != 1:
        return None
    found = modules[str(source.target)]
    assert isinstance(found, nn.Conv2d)
    return found


def _replace(traced: fx.GraphModule, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(traced.get_submodule(parent), leaf, module)
