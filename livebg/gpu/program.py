"""A frame's way on the device for one frame size: shrink → network → smooth → edges → background → compose.

Knows which stage follows which and where its pictures lie, not what to do when one fails (journey.py). Everything is
put into the device's queues and returns at once; Passage.wait() is where the host waits. Main thread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from livebg.gpu import compose
from livebg.gpu.blur import Blur
from livebg.gpu.captured import Captured
from livebg.gpu.edges import Edges
from livebg.gpu.lanes import Lanes, Tensors, upload_picture
from livebg.gpu.passage import Outputs, Passage, Size, Slot
from livebg.gpu.pictures import Blurring, Pictures, needs_matte
from livebg.gpu.planes import resizer
from livebg.gpu.smoothing import SteadyAlpha
from livebg.settings import Settings
from livebg.stages import Background, Frame

_NO_MATTE = np.zeros((0, 0), np.float32)

IN_FLIGHT = 2  # frames: one whose composite is awaited, one that was begun meanwhile


class Program:
    """The stages with their places. Each is captured on its own, so that a change of settings captures only its own.

    network: RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w), in `dtype` on the device.
    """

    def __init__(
        self,
        network: nn.Module,
        lanes: Lanes,
        frame_size: Size,
        matte_size: Size,
        input_mean: float,
        dtype: torch.dtype,
        outputs: Outputs,
        is_captured: bool,
    ) -> None:
        device = lanes.device
        self._lanes, self._outputs, self._is_captured = lanes, outputs, is_captured
        self._network, self._dtype, self._mean = network, dtype, input_mean
        self._work = torch.float16 if dtype == torch.float16 else torch.float32
        self.frame_size, self.matte_size = frame_size, matte_size
        self.has_failed = False
        with lanes.computing(), torch.inference_mode():
            self._image = torch.empty((*frame_size, 3), dtype=torch.uint8, device=device)
            self._numbers = torch.zeros((2,), dtype=torch.int64, device=device)
            self._resize = resizer(frame_size, matte_size, device, self._work)
            self._edges = Edges(*frame_size, device, self._work)
            self.steady = SteadyAlpha(*matte_size, device)
            self.pictures = Pictures(lanes, *frame_size)
            self._free = [Slot(lanes, frame_size, outputs) for _ in range(IN_FLIGHT)]
        lanes.mark().wait()  # the queue for up may write to these places only once computing has left them
        self._shrink = self._stage(self._shrink_stage)
        self._matte = self._stage(self._network_stage)
        self._smooth = self._stage(self._smooth_stage)
        self._chosen: dict[tuple[object, ...], Captured] = {}  # stages that settings and background choose

    def start(self, frame: Frame, settings: Settings, background: Background) -> Passage:
        """Everything this frame needs, put into the queues. At most IN_FLIGHT passages exist between start and end."""
        assert self._free, f"more than {IN_FLIGHT} frames in flight"
        passage = Passage(self._free.pop())
        try:
            with torch.inference_mode():
                self._run(passage, frame, settings, background)
        except BaseException:
            self.end(passage)
            raise
        return passage

    def end(self, passage: Passage) -> None:
        """The passage's places are free for another frame."""
        self._free.append(passage.slot)

    def reset(self) -> None:
        with torch.inference_mode(), self._lanes.computing():
            self.steady.reset()

    def _stage(self, function: Callable[..., Tensors]) -> Captured:
        return Captured(function, self._lanes, self._is_captured)

    def _run(self, passage: Passage, frame: Frame, settings: Settings, background: Background) -> None:
        lanes, slot, marks = self._lanes, passage.slot, passage.marks
        marks.append(("begin", lanes.upload([])))
        slot.numbers_host[0] = round(frame.media_time_s * 1e6)
        slot.numbers_host[1] = round(settings.smoothing * 1e6)
        lanes.upload([(slot.numbers_host, slot.numbers)])
        uploaded = upload_picture(lanes, frame.image, slot.image_host, slot.image)
        lanes.wait_for(uploaded)
        marks += [("upload", uploaded), ("queue", lanes.mark())]
        with lanes.computing():
            self._image.copy_(slot.image)
            self._numbers.copy_(slot.numbers)
            planes, small, pixels = self._shrink(self._image)
            marks.append(("shrink", lanes.mark()))
            (alpha,) = self._matte(pixels)
            marks.append(("network", lanes.mark()))
            steady, is_valid = self._smooth(alpha, small, self._numbers)
            marks.append(("smooth", lanes.mark()))
            (full,) = self._enlarging(settings.edges)(steady, planes)
            marks.append(("edges", lanes.mark()))
            slot.flag.copy_(is_valid)
            if self._outputs.has_alpha:
                slot.alpha.copy_(full)
            if not self._bring(passage, frame, full, background):
                return
            behind = self.pictures.behind
            if isinstance(background, Blurring):
                (behind,) = self._blurring(background.sigma_share, settings.edges)(planes, full)
            marks.append(("background", lanes.mark()))
            (result,) = self._composing(background, settings.edges)(planes, full, behind)
            torch.mul(result, is_valid, out=slot.result)  # nothing of a frame whose matte is invalid
            marks.append(("compose", lanes.mark()))
        self._send_down(passage)

    def _bring(self, passage: Passage, frame: Frame, full: Tensor, background: Background) -> bool:
        """The picture behind this frame, to the device. False: it needs the matte, and that is invalid.

        A background that needs the matte, and is no blur that is made here, costs a detour over the host: the matte
        comes down and the picture goes up while nothing else happens.
        """
        if isinstance(background, Blurring):
            return True
        if not needs_matte(background):
            self.pictures.bring(background.picture(frame, _NO_MATTE))
            return True
        slot, lanes = passage.slot, self._lanes
        alpha = lanes.host(self.frame_size, torch.float32)
        passage.done = lanes.download([(full, alpha), (slot.flag, slot.flag_host)])
        passage.wait()
        if passage.is_valid:
            self.pictures.bring(background.picture(frame, alpha.numpy()))
        return passage.is_valid

    def _send_down(self, passage: Passage) -> None:
        """Into memory that is the receiver's own from now on."""
        slot, lanes = passage.slot, self._lanes
        passage.image = lanes.host(tuple(slot.result.shape), torch.uint8)
        pairs = [(slot.result, passage.image), (slot.flag, slot.flag_host)]
        if self._outputs.has_alpha:
            passage.alpha = lanes.host(self.frame_size, torch.float32)
            pairs.append((slot.alpha, passage.alpha))
        passage.done = lanes.download(pairs)
        passage.marks.append(("download", passage.done))

    def _enlarging(self, edges: str) -> Captured:
        stage = self._edges.refine if edges == "guided" else self._edges.enlarge
        return self._chosen_stage(("edges", edges), lambda: lambda steady, planes: (stage(steady, planes),))

    def _blurring(self, sigma_share: float, edges: str) -> Captured:
        """Kept for one strength at a time: another is another set of matrices."""

        def make() -> Callable[..., Tensors]:
            self._chosen = {key: each for key, each in self._chosen.items() if "blur" not in key}
            height, width = self.frame_size
            blur = Blur(height, width, sigma_share * height, self._lanes.device, self._work)
            return lambda planes, full: (blur(planes, full),)

        return self._chosen_stage(("blur", sigma_share, edges), make)

    def _composing(self, background: Background, edges: str) -> Captured:
        behind = "blur" if isinstance(background, Blurring) else "picture"
        is_cut_out = background.is_transparent and self._outputs.layout == "bgr"
        stage = self._cut_out_stage if is_cut_out else self._over_stage
        return self._chosen_stage((stage.__name__, behind, edges), lambda: stage)

    def _chosen_stage(self, key: tuple[object, ...], make: Callable[[], Callable[..., Tensors]]) -> Captured:
        """The stage of this key, made at its first use; it reads what stages of the same edges left."""
        if key not in self._chosen:
            self._chosen[key] = self._stage(make())
        return self._chosen[key]

    def _shrink_stage(self, image: Tensor) -> Tensors:
        planes = compose.to_planes(image, self._work)
        small = self._resize(planes).round()
        pixels = (small.flip(0).to(torch.float32) * (1 / 255) - self._mean)[None].to(self._dtype)
        return planes, small, pixels

    def _network_stage(self, pixels: Tensor) -> Tensors:
        return (self._network(pixels)[0, 0].to(torch.float32),)

    def _smooth_stage(self, alpha: Tensor, small: Tensor, numbers: Tensor) -> Tensors:
        return self.steady.smooth(alpha, small, numbers[0], numbers[1].to(torch.float32) * 1e-6)

    def _over_stage(self, planes: Tensor, full: Tensor, behind: Tensor) -> Tensors:
        if behind.dtype == torch.uint8:
            behind = compose.to_planes(behind, self._work)
        return (self._bytes(compose.over(planes, compose.usable(full), behind)),)

    def _cut_out_stage(self, planes: Tensor, full: Tensor, behind: Tensor) -> Tensors:  # noqa: ARG002 - as _over_stage
        return (self._bytes(compose.cut_out(planes, compose.usable(full))),)

    def _bytes(self, planes: Tensor) -> Tensor:
        return compose.to_bgr(planes) if self._outputs.layout == "bgr" else compose.to_i420(planes)
