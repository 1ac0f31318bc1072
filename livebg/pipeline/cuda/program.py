"""A frame's steps on the device for one frame size, in two halves: to the network's answer (first_half.py), and, once
the chain's steps on the host have corrected the small alpha, guided filter → edge over time → support → background →
composite. Each step's code is beside its twin on the CPU (the files *_torch.py).

It has the steps' order and memory; processor.py handles failures. Each call fills the device's queues and returns at
once; the host waits in InFlight.wait_for_answer() and wait(). The next frame's first half may be in the queues before
this one's second. Main thread.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from livebg.core.resize import is_fine_width
from livebg.core.settings import Settings
from livebg.core.types import Background, Frame
from livebg.matting.params import SUPPORT
from livebg.matting.refine.guided_filter_torch import GuidedFilter
from livebg.matting.support_torch import Judging
from livebg.matting.temporal.edge_torch import SCALARS, EdgeFilter
from livebg.matting.temporal.params import EDGE, FINE_EDGE
from livebg.pipeline.cuda.first_half import PreparedNetwork, RegionView, View, WholeView
from livebg.pipeline.cuda.graphs import GraphedStep, GraphedSteps
from livebg.pipeline.cuda.host_steps import Corrected
from livebg.pipeline.cuda.in_flight import InFlight, Look, Outputs, Sizes, Slot
from livebg.pipeline.cuda.streams import Streams, Tensors, upload_picture
from livebg.pipeline.cuda.uploads import Pictures
from livebg.scene.backgrounds.blur import BlurBackground
from livebg.scene.backgrounds.blur_torch import Blur
from livebg.scene.compositing import over_torch
from livebg.scene.compositing.foreground_torch import Foreground

_NO_MATTE = np.zeros((0, 0), np.float32)

IN_FLIGHT = 2  # frames: one whose composite is awaited, one that was begun meanwhile


class Program:
    """The steps with their memory. Each has a graph of its own, so a change of settings captures only the changed ones.

    network: RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w), in `dtype` on the device.
    """

    def __init__(
        self,
        network: nn.Module,
        streams: Streams,
        sizes: Sizes,
        input_mean: float,
        dtype: torch.dtype,
        outputs: Outputs,
        is_captured: bool,
    ) -> None:
        device, prepared = streams.device, PreparedNetwork(network, dtype, input_mean)
        self._streams, self._outputs, self._work = streams, outputs, prepared.work
        self.steps = GraphedSteps(streams, is_captured)
        self.sizes, frame_size, matte_size = sizes, sizes.frame, sizes.matte
        self._is_fine = is_fine_width(matte_size[1], *frame_size)
        self.has_failed = False
        with streams.computing(), torch.inference_mode():
            self._image = torch.empty((*frame_size, 3), dtype=torch.uint8, device=device)
            view = WholeView if sizes.opening is None else RegionView
            self._view: View = view(prepared, streams, self.steps, sizes)
            self._guided_filter = edges = GuidedFilter(*frame_size, device, self._work)
            params = FINE_EDGE if self._is_fine else EDGE
            self._settler = EdgeFilter(frame_size, edges.work, edges.unknown, device, params)
            self._foreground = Foreground(*frame_size, device, self._work)
            self._judging = Judging(frame_size, SUPPORT.cells_of(matte_size), device)
            self._cells = torch.zeros(SUPPORT.cells_of(matte_size), dtype=torch.uint8, device=device)
            self._alpha = torch.zeros(matte_size, device=device)
            self._motion = torch.zeros(self._guided_filter.work, device=device)
            self._scalars = torch.zeros((SCALARS,), device=device)
            self._flow = torch.zeros((*self._guided_filter.work, 2), device=device)
            self._full = torch.zeros(frame_size, device=device)  # the newest frame's alpha, or the last result
            self.pictures = Pictures(streams, *frame_size)
            self.plates: Pictures | None = None
            self._free = [Slot(streams, sizes, edges.work, outputs) for _ in range(IN_FLIGHT)]
        streams.mark().wait()  # the queue for up may write to these places only once computing has left them

    def start(self, frame: Frame, look: Look | None = None) -> InFlight:
        """Puts the first half into the queues. At most IN_FLIGHT frames may be between start and end.

        look: of this very frame, where the network does not look at the whole picture.
        """
        assert self._free, f"more than {IN_FLIGHT} frames in flight"
        flight = InFlight(self._free.pop(), look)
        try:
            with torch.inference_mode():
                self._ask_network(flight, frame)
        except BaseException:
            self.end(flight)
            raise
        return flight

    def go_on(
        self, flight: InFlight, frame: Frame, corrected: Corrected, settings: Settings, background: Background
    ) -> None:
        """Puts the second half into the queues, after the answer is there and corrected; in the order of start().

        Ends the flight if this raises.
        """
        try:
            with torch.inference_mode():
                outputs = self._outputs
                # Asked once: else the second question might send down what an earlier frame left in the slot.
                has_alpha = outputs.has_alpha or corrected.is_finished_by_host or outputs.is_alpha_wanted()
                planes = self._make_full(flight, frame, corrected, settings, has_alpha)
                if not corrected.is_finished_by_host:
                    self._compose(flight, frame, planes, corrected, settings, background)
                self._send_down(flight, corrected.is_finished_by_host, has_alpha)
        except BaseException:
            self.end(flight)
            raise

    def end(self, flight: InFlight) -> None:
        """Frees the flight's memory for another frame."""
        self._free.append(flight.slot)

    def reset(self) -> None:
        """The next frame uses no earlier edge."""
        self._settler.reset()

    def _ask_network(self, flight: InFlight, frame: Frame) -> None:
        streams, slot, marks = self._streams, flight.slot, flight.marks
        marks.append(("begin", streams.upload([])))
        uploaded = upload_picture(streams, frame.image, slot.image_host, slot.image)
        streams.wait_for(uploaded)
        marks += [("upload", uploaded), ("queue", streams.mark())]
        with streams.computing():
            self._image.copy_(slot.image)
        flight.answered = self._view.ask(flight, self._image)
        marks.append(("answer", flight.answered))

    def _make_full(
        self, flight: InFlight, frame: Frame, corrected: Corrected, settings: Settings, has_alpha: bool
    ) -> Tensor:
        """This frame's planes; its alpha at full size in its slot and in `_full`, settled on the last one there."""
        streams, slot, marks = self._streams, flight.slot, flight.later_marks
        marks.append(("begin", streams.upload([])))
        alpha, motion = corrected.alpha.values, corrected.motion
        assert alpha.shape == self.sizes.matte, "a correction changed the alpha's size"
        scalars, flow = self._settler.scalars(motion, frame.media_time_s), self._settler.flow(motion, alpha)
        uploaded = streams.upload(
            slot.fill(alpha, corrected.unsupported, None if motion is None else motion.values, scalars, flow)
        )
        streams.wait_for(uploaded)
        marks.append(("alpha", uploaded))
        with streams.computing():
            self._image.copy_(slot.image)  # another frame may have used it since
            self._alpha.copy_(slot.alpha)
            (planes,) = self.steps(("planes",), lambda image: (self._planes(image),))(self._image)
            way, edges = settings.edges, self._guided_filter
            guided = edges.agreed if self._is_fine else edges.refine
            full, states = self.steps(("edges", way), guided if way == "guided" else edges.enlarge)(self._alpha, planes)
            marks.append(("edges", streams.mark()))
            if motion is not None:
                self._motion.copy_(slot.motion)
                self._scalars.copy_(slot.scalars)
                self._flow.copy_(slot.flow)
                settle = self.steps(("settle", way), lambda *each: (self._settler.settle(*each),))
                (full,) = settle(full, self._full, states, self._motion, self._scalars, self._flow)
            self._full.copy_(full)
            if has_alpha:
                slot.full.copy_(full)
            self._cells.copy_(slot.cells)
            (found,) = self.steps(("judge",), lambda *each: (self._judging(*each),))(self._full, self._cells)
            slot.found.copy_(found)
            marks.append(("settle", streams.mark()))
        return planes

    def _compose(
        self,
        flight: InFlight,
        frame: Frame,
        planes: Tensor,
        corrected: Corrected,
        settings: Settings,
        background: Background,
    ) -> None:
        """The composite, in its slot."""
        streams, marks = self._streams, flight.later_marks
        is_estimated = settings.foreground == "estimated" or self._is_cut_out(background)
        room = self._plate(corrected) if is_estimated else ()
        if not isinstance(background, BlurBackground):
            self.pictures.bring(background.picture(frame, _NO_MATTE))
        with streams.computing():
            behind = self.pictures.behind
            if isinstance(background, BlurBackground):
                (behind,) = self._blurring(background.sigma_share)(planes, self._full)
            marks.append(("background", streams.mark()))
            composing = self._composing(background, is_estimated, bool(room))
            flight.slot.result.copy_(composing(planes, self._full, behind, *room)[0])
            marks.append(("compose", streams.mark()))

    def _send_down(self, flight: InFlight, is_finished_by_host: bool, has_alpha: bool) -> None:
        """Copies to memory that the caller owns from now on."""
        slot, streams = flight.slot, self._streams
        flight.found = streams.host((4,), torch.int32)
        pairs: list[tuple[Tensor, Tensor]] = [(slot.found, flight.found)]
        if not is_finished_by_host:
            flight.image = streams.host(tuple(slot.result.shape), torch.uint8)
            pairs.append((slot.result, flight.image))
        if has_alpha:
            flight.full = streams.host(self.sizes.frame, torch.float32)
            pairs.append((slot.full, flight.full))
        flight.done = streams.download(pairs)
        flight.later_marks.append(("download", flight.done))

    def _plate(self, corrected: Corrected) -> Tensors:
        """The empty room on the device, uint8 (H, W, 3), if known."""
        if corrected.plate is None:
            return ()
        if self.plates is None:
            with self._streams.computing():
                self.plates = Pictures(self._streams, *self.sizes.frame)
            self._streams.mark().wait()
        self.plates.bring(corrected.plate)
        return (self.plates.behind,)

    def _blurring(self, sigma_share: float) -> GraphedStep:
        """Keeps one strength at a time: each has its own set of matrices."""
        key, (height, width) = ("blur", sigma_share), self.sizes.frame
        known = self.steps.known(key)
        if known is not None:
            return known
        self.steps.forget("blur")
        blur = Blur(height, width, sigma_share * height, self._streams.device, self._work)
        return self.steps(key, lambda planes, full: (blur(planes, full),))

    def _composing(self, background: Background, is_estimated: bool, has_room: bool) -> GraphedStep:
        """planes, full-size alpha, background, and the empty room if there is one → the composite's bytes."""
        is_cut_out = self._is_cut_out(background)

        def step(planes: Tensor, full: Tensor, behind: Tensor, *room: Tensor) -> Tensors:
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

        behind = "blur" if isinstance(background, BlurBackground) else "picture"
        return self.steps((behind, "compose", is_cut_out, is_estimated, has_room), step)

    def _is_cut_out(self, background: Background) -> bool:
        return background.is_transparent and self._outputs.layout == "bgr"

    def _planes(self, image: Tensor) -> Tensor:
        return over_torch.to_planes(image, self._work)

    def _bytes(self, planes: Tensor) -> Tensor:
        return over_torch.to_bgr(planes) if self._outputs.layout == "bgr" else over_torch.to_i420(planes)
