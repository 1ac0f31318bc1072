"""A frame's way on the device for one frame size, in two halves: shrink → network, and, once the host has corrected the
small alpha, edges → settle → background → compose.

Knows which stage follows which and where its pictures lie, not what to do when one fails (journey.py). Everything is
put into the device's queues and returns at once; Passage.wait_for_answer() and wait() are where the host waits. The
next frame's first half may be in the queues before this one's second. Main thread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from livebg.core.resize_torch import resizer
from livebg.core.settings import Settings
from livebg.core.types import Background, Frame
from livebg.matting.refine.guided_filter_torch import Edges
from livebg.matting.support_torch import Judging, cells_of
from livebg.matting.temporal.edge_torch import OPTIONS, Rule, Settler
from livebg.pipeline.cuda.graphs import Captured
from livebg.pipeline.cuda.host_steps import Corrected
from livebg.pipeline.cuda.in_flight import Outputs, Passage, Size, Slot
from livebg.pipeline.cuda.streams import Lanes, Tensors, upload_picture
from livebg.pipeline.cuda.uploads import Blurring, Pictures
from livebg.scene.backgrounds.blur_torch import Blur
from livebg.scene.compositing import over_torch
from livebg.scene.compositing.foreground_torch import Foreground

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
        settling: Rule,
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
            self._resize = resizer(frame_size, matte_size, device, self._work)
            self._edges = Edges(*frame_size, device, self._work)
            self._settler = Settler(settling, frame_size, self._edges.work, self._edges.doubt, device)
            self._foreground = Foreground(*frame_size, device, self._work)
            self._judging = Judging(frame_size, cells_of(matte_size), device)
            self._cells = torch.zeros(cells_of(matte_size), dtype=torch.uint8, device=device)
            self._alpha = torch.zeros(matte_size, device=device)
            self._motion = torch.zeros(self._edges.work, device=device)
            self.kernel_parameters = torch.zeros((OPTIONS,), device=device)
            self._full = torch.zeros(frame_size, device=device)  # what came of the newest frame's alpha, or the last's
            self.pictures = Pictures(lanes, *frame_size)
            self.plates: Pictures | None = None
            sizes = frame_size, matte_size, self._edges.work
            self._free = [Slot(lanes, *sizes, outputs) for _ in range(IN_FLIGHT)]
        lanes.mark().wait()  # the queue for up may write to these places only once computing has left them
        self._stages: dict[tuple[object, ...], Captured] = {}

    def start(self, frame: Frame) -> Passage:
        """The first half into the queues. At most IN_FLIGHT passages exist between start and end."""
        assert self._free, f"more than {IN_FLIGHT} frames in flight"
        passage = Passage(self._free.pop())
        try:
            with torch.inference_mode():
                self._ask_network(passage, frame)
        except BaseException:
            self.end(passage)
            raise
        return passage

    def go_on(
        self, passage: Passage, frame: Frame, corrected: Corrected, settings: Settings, background: Background
    ) -> None:
        """The second half into the queues, once the answer is there and corrected; in the order of start().

        The passage is ended where this raises anything.
        """
        try:
            with torch.inference_mode():
                planes = self._make_full(passage, frame, corrected, settings)
                if not corrected.is_shown_by_host:
                    self._compose(passage, frame, planes, corrected, settings, background)
                self._send_down(passage, corrected.is_shown_by_host)
        except BaseException:
            self.end(passage)
            raise

    def end(self, passage: Passage) -> None:
        """The passage's places are free for another frame."""
        self._free.append(passage.slot)

    def reset(self) -> None:
        """The next frame settles on nothing."""
        self._settler.reset()

    def _ask_network(self, passage: Passage, frame: Frame) -> None:
        lanes, slot, marks = self._lanes, passage.slot, passage.marks
        marks.append(("begin", lanes.upload([])))
        uploaded = upload_picture(lanes, frame.image, slot.image_host, slot.image)
        lanes.wait_for(uploaded)
        marks += [("upload", uploaded), ("queue", lanes.mark())]
        with lanes.computing():
            self._image.copy_(slot.image)
            (pixels,) = self._stage(("shrink",), self._shrink_stage)(self._image)
            marks.append(("shrink", lanes.mark()))
            (answer,) = self._stage(("network",), self._network_stage)(pixels)
            slot.answer.copy_(answer)
            marks.append(("network", lanes.mark()))
        passage.answered = lanes.download([(slot.answer, slot.answer_host)])
        marks.append(("answer", passage.answered))

    def _make_full(self, passage: Passage, frame: Frame, corrected: Corrected, settings: Settings) -> Tensor:
        """This frame's planes; its alpha at full size in its slot and in `_full`, where it settled on the last."""
        lanes, slot, marks = self._lanes, passage.slot, passage.later_marks
        marks.append(("begin", lanes.upload([])))
        alpha, motion = corrected.alpha.values, corrected.motion
        assert alpha.shape == self.matte_size, "a correction changed the alpha's size"
        knobs = self._settler.knobs(motion, frame.media_time_s)
        uploaded = lanes.upload(
            slot.fill(alpha, corrected.unsupported, None if motion is None else motion.values, knobs)
        )
        lanes.wait_for(uploaded)
        marks.append(("alpha", uploaded))
        with lanes.computing():
            self._image.copy_(slot.image)  # another frame's may have been there since
            self._alpha.copy_(slot.alpha)
            (planes,) = self._stage(("planes",), lambda image: (self._planes(image),))(self._image)
            way = self._edges.refine if settings.edges == "guided" else self._edges.enlarge
            full, states = self._stage(("edges", settings.edges), way)(self._alpha, planes)
            marks.append(("edges", lanes.mark()))
            if motion is not None:
                self._motion.copy_(slot.motion)
                self.kernel_parameters.copy_(slot.knobs)
                settle = self._stage(("settle", settings.edges), lambda *each: (self._settler.settle(*each),))
                (full,) = settle(full, self._full, states, self._motion, self.kernel_parameters)
            self._full.copy_(full)
            if self._outputs.has_alpha or corrected.is_shown_by_host:
                slot.full.copy_(full)
            self._cells.copy_(slot.cells)
            (found,) = self._stage(("judge",), lambda *each: (self._judging(*each),))(self._full, self._cells)
            slot.found.copy_(found)
            marks.append(("settle", lanes.mark()))
        return planes

    def _compose(
        self,
        passage: Passage,
        frame: Frame,
        planes: Tensor,
        corrected: Corrected,
        settings: Settings,
        background: Background,
    ) -> None:
        """The composite, in its slot."""
        lanes, marks = self._lanes, passage.later_marks
        is_estimated = settings.foreground == "estimated" or self._is_cut_out(background)
        room = self._plate(corrected) if is_estimated else ()
        if not isinstance(background, Blurring):
            self.pictures.bring(background.picture(frame, _NO_MATTE))
        with lanes.computing():
            behind = self.pictures.behind
            if isinstance(background, Blurring):
                (behind,) = self._blurring(background.sigma_share)(planes, self._full)
            marks.append(("background", lanes.mark()))
            composing = self._composing(background, is_estimated, bool(room))
            passage.slot.result.copy_(composing(planes, self._full, behind, *room)[0])
            marks.append(("compose", lanes.mark()))

    def _send_down(self, passage: Passage, is_shown_by_host: bool) -> None:
        """Into memory that is the receiver's own from now on."""
        slot, lanes = passage.slot, self._lanes
        passage.found = lanes.host((4,), torch.int32)
        pairs: list[tuple[Tensor, Tensor]] = [(slot.found, passage.found)]
        if not is_shown_by_host:
            passage.image = lanes.host(tuple(slot.result.shape), torch.uint8)
            pairs.append((slot.result, passage.image))
        if self._outputs.has_alpha or is_shown_by_host:
            passage.full = lanes.host(self.frame_size, torch.float32)
            pairs.append((slot.full, passage.full))
        passage.done = lanes.download(pairs)
        passage.later_marks.append(("download", passage.done))

    def _plate(self, corrected: Corrected) -> Tensors:
        """The empty room on the device, uint8 (H, W, 3), where it is known."""
        if corrected.plate is None:
            return ()
        if self.plates is None:
            with self._lanes.computing():
                self.plates = Pictures(self._lanes, *self.frame_size)
            self._lanes.mark().wait()
        self.plates.bring(corrected.plate)
        return (self.plates.behind,)

    def _stage(self, key: tuple[object, ...], stage: Callable[..., Tensors]) -> Captured:
        """The stage of this key, as it was at its first use."""
        if key not in self._stages:
            self._stages[key] = Captured(stage, self._lanes, self._is_captured)
        return self._stages[key]

    def _blurring(self, sigma_share: float) -> Captured:
        """Kept for one strength at a time: another is another set of matrices."""
        key, (height, width) = ("blur", sigma_share), self.frame_size
        if key not in self._stages:
            self._stages = {each: stage for each, stage in self._stages.items() if "blur" not in each}
            blur = Blur(height, width, sigma_share * height, self._lanes.device, self._work)
            self._stage(key, lambda planes, full: (blur(planes, full),))
        return self._stages[key]

    def _composing(self, background: Background, is_estimated: bool, has_room: bool) -> Captured:
        """planes, full-size alpha, what is behind, and the empty room where there is one → the composite's bytes."""
        is_cut_out = self._is_cut_out(background)

        def stage(planes: Tensor, full: Tensor, behind: Tensor, *room: Tensor) -> Tensors:
            alpha = over_torch.usable(full)
            person = planes
            if is_estimated:
                known = self._planes(room[0]) if room else None
                person = self._foreground(planes, full, known, is_cut_out)
            if is_cut_out:
                return (self._bytes(over_torch.cut_out(person, alpha)),)
            if behind.dtype == torch.uint8:
                behind = self._planes(behind)
            return (self._bytes(over_torch.over(person, alpha, behind)),)

        behind = "blur" if isinstance(background, Blurring) else "picture"
        return self._stage((behind, "compose", is_cut_out, is_estimated, has_room), stage)

    def _is_cut_out(self, background: Background) -> bool:
        return background.is_transparent and self._outputs.layout == "bgr"

    def _planes(self, image: Tensor) -> Tensor:
        return over_torch.to_planes(image, self._work)

    def _shrink_stage(self, image: Tensor) -> Tensors:
        small = self._resize(self._planes(image)).round()
        return ((small.flip(0).to(torch.float32) * (1 / 255) - self._mean)[None].to(self._dtype),)

    def _network_stage(self, pixels: Tensor) -> Tensors:
        return (self._network(pixels)[0, 0].to(torch.float32),)

    def _bytes(self, planes: Tensor) -> Tensor:
        return over_torch.to_bgr(planes) if self._outputs.layout == "bgr" else over_torch.to_i420(planes)
