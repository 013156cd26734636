"""Groups of trigger cells."""

import numpy as np

from asicae.module import groups
from asicae.module.geometry import CENTRES
from tests.judges.frame_reference import GROUPS_OF_4, GROUPS_OF_16


def test_groups_are_the_typed_ones_and_compact():
    assert groups.GROUPS_OF_4.tolist() == [list(cells) for cells in GROUPS_OF_4]
    assert groups.GROUPS_OF_16.tolist() == [list(cells) for cells in GROUPS_OF_16]
    for table in (groups.GROUPS_OF_4, groups.GROUPS_OF_16):
        assert sorted(table.ravel().tolist()) == list(range(48))
    for cells in groups.GROUPS_OF_4:
        between = np.linalg.norm(CENTRES[cells][:, None] - CENTRES[cells][None], axis=-1)
        # A small rhombus: five of its six pairs touch (2.0 apart).
        assert np.isclose(between[np.triu_indices(4, 1)], 2.0).sum() == 5
