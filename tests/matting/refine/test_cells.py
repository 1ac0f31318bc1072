"""Where cells lie over pixels, with answers counted by hand."""

from __future__ import annotations

import numpy as np

from livebg.matting.refine.cells import CellGrid


def test_four_pixels_over_two_cells() -> None:
    cells = CellGrid.over(4, 6, 2, 3)
    assert cells.tops.tolist() == [0, 2, 4]
    assert cells.lefts.tolist() == [0, 2, 4, 6]
    assert cells.rows.tolist() == [0, 0, 0, 0]
    assert np.allclose(cells.row_shares, [0, 0.25, 0.75, 1])
    assert cells.columns.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.allclose(cells.column_shares, [0, 0.25, 0.75, 0.25, 0.75, 1])


def test_one_cell_is_all_there_is() -> None:
    cells = CellGrid.over(5, 1, 1, 1)
    assert cells.tops.tolist() == [0, 5]
    assert cells.rows.tolist() == [0] * 5
    assert not cells.row_shares.any()
