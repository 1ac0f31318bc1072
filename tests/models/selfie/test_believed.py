"""What the newest look at the whole picture denies of a mask, on masks known by hand."""

from __future__ import annotations

import numpy as np

from livebg.models.crop import Crop
from livebg.models.selfie.believed import Believed

WHOLE = Crop.whole(320, 160)
PERSON, TABLE = np.s_[40:80, 40:80], np.s_[70:80, 80:140]  # of a luma of 160 x 80 px
LUMA = np.full((80, 160), 90, np.uint8)


def _looked() -> Believed:
    believed, whole = Believed(), np.zeros((80, 160), np.float32)
    whole[PERSON] = 1
    believed.see(whole, LUMA)
    return believed


def _mask(*places: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((80, 160), np.bool_)
    for place in places:
        mask[place] = True
    return mask


def test_what_the_whole_picture_denies_is_no_part() -> None:
    part = _looked().part(_mask(PERSON, TABLE), WHOLE, LUMA)
    assert (part[:, :80] == _mask(PERSON)[:, :80]).all()
    assert not part[:, 84:].any()


def test_in_a_crop_it_is_the_same() -> None:
    mask = _mask(PERSON, TABLE)[40:, 40:120]
    part = _looked().part(mask, Crop(80, 80, 240, 160, 320, 160), LUMA)
    assert part[:, :40].all()
    assert not part[:, 44:].any()


def test_what_has_changed_since_may_be_somebody() -> None:
    luma = LUMA.copy()
    luma[TABLE] = 150
    mask = _mask(PERSON, TABLE)
    assert (_looked().part(mask, WHOLE, luma) == mask).all()


def test_without_a_look_or_where_it_denies_most_the_mask_stays() -> None:
    mask, sees_nobody = _mask(PERSON, TABLE), Believed()
    assert sees_nobody.part(mask, WHOLE, LUMA) is mask
    sees_nobody.see(np.zeros((80, 160), np.float32), LUMA)
    assert sees_nobody.part(mask, WHOLE, LUMA) is mask
    believed = _looked()
    believed.reset()
    assert believed.part(mask, WHOLE, LUMA) is mask
