"""RMBG-1.4 as classes of the transformers library; importing this module registers them with its Auto classes.

So AutoModelForImageSegmentation, AutoConfig and AutoImageProcessor load briaai/RMBG-1.4, and repositories like it,
without running code from the hub. livebg itself runs the same network through engine.py, because importing transformers
takes 4 to 7 s (2 cores).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

from torch import nn
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageSegmentation,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.image_processing_backends import PilBackend
from transformers.image_utils import PILImageResampling

from livebg.core.errors import ModelError
from livebg.models import checkpoint, hub
from livebg.models.rmbg.network import RmbgNetwork

DEFAULT_REPOSITORY = "briaai/RMBG-1.4"


class RmbgConfig(PreTrainedConfig):  # type: ignore[no-untyped-call] # transformers' class hook has no types
    """The network has no parameters to choose: in_ch and out_ch are published, and must be 3 and 1."""

    model_type = "SegformerForSemanticSegmentation"  # what the published config.json calls it

    def __init__(self, in_ch: int = 3, out_ch: int = 1, **rest: Any) -> None:
        if (in_ch, out_ch) != (3, 1):
            raise ModelError(f"a network with {in_ch} inputs and {out_ch} outputs is not RMBG-1.4's (3 and 1)")
        super().__init__(**rest)
        self.in_ch, self.out_ch = in_ch, out_ch


class RmbgForImageSegmentation(RmbgNetwork, PreTrainedModel):  # type: ignore[no-untyped-call] # as above
    """The network with transformers' loading and saving; its keys are the published ones.

    pixel_values float32 (N, 3, H, W), as RmbgImageProcessor makes them → alpha float32 (N, 1, H, W) in 0..1.
    """

    config_class = RmbgConfig
    main_input_name = "pixel_values"

    def __init__(self, config: RmbgConfig) -> None:
        super().__init__(config)
        self.post_init()  # type: ignore[no-untyped-call] # transformers' method has no types

    def _init_weights(self, module: nn.Module) -> None:
        """Nothing: every number of the network is in the checkpoint."""

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str] | None = DEFAULT_REPOSITORY,
        *model_args: Any,
        config: PreTrainedConfig | str | os.PathLike[str] | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: str | bool | None = None,
        revision: str | None = None,
        **rest: Any,
    ) -> Self:
        """The network with the weights of a hub repository, a local file or folder; livebg finds and verifies them.

        Without `revision`, a repository that livebg knows is fetched at its known revision. `rest` goes to
        transformers, e.g. dtype or device_map. Raises ModelError.
        """
        if rest.get("state_dict") is not None or pretrained_model_name_or_path is None:
            return super().from_pretrained(None, *model_args, config=config or RmbgConfig(), **rest)
        if force_download:
            raise ModelError("force_download: delete the file in the hub's cache instead; livebg then fetches it again")
        place = os.fspath(pretrained_model_name_or_path)
        is_local = Path(os.path.expanduser(place)).exists()
        access = hub.Access(
            cache_dir=None if cache_dir is None else Path(cache_dir), token=token, is_offline=local_files_only
        )
        wanted = getattr(revision, "initial", revision)  # None where an Auto class resolved the default branch itself
        model, path = (DEFAULT_REPOSITORY, place) if is_local else (place, "")
        tries = checkpoint.checkpoints(model, path, access, revision=None if wanted is None else revision)
        _, tensors = checkpoint.load(tries, checkpoint.expected())
        fitting = config if isinstance(config, RmbgConfig) else RmbgConfig()
        return super().from_pretrained(None, *model_args, config=fitting, state_dict=tensors, **rest)


class RmbgImageProcessor(PilBackend):
    """RGB picture of any size → pixel_values (N, 3, 1024, 1024) in -0.5..0.5: the published preprocessing."""

    model_input_names = ["pixel_values"]  # noqa: RUF012 - the form which transformers reads
    resample = PILImageResampling.BILINEAR
    image_mean = (0.5, 0.5, 0.5)
    image_std = (1.0, 1.0, 1.0)
    size = {"height": 1024, "width": 1024}  # noqa: RUF012 - the form which transformers reads
    do_resize = True
    do_rescale = True
    do_normalize = True
    do_convert_rgb = True


class ImageImageProcessor(RmbgImageProcessor):
    """The name which transformers derives from the published preprocessor_config.json ('ImageFeatureExtractor')."""


AutoConfig.register(RmbgConfig.model_type, RmbgConfig, exist_ok=True)
AutoModelForImageSegmentation.register(RmbgConfig, RmbgForImageSegmentation, exist_ok=True)
AutoImageProcessor.register(
    RmbgConfig,
    image_processor_classes={
        "pil": RmbgImageProcessor,
        "torchvision": RmbgImageProcessor,
        "published": ImageImageProcessor,
    },
    exist_ok=True,
)
