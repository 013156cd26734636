"""What RNTuples of ROOT have instead of the baskets of trees."""

from collections.abc import Sequence
from typing import Any, Final

RNTUPLE: Final = "ROOT::RNTuple"
"""The class under which a file lists one."""
_ELEMENT_BYTES: Final = 8  # at most, of a number in memory


def largest_cluster(ntuple: Any, names: Sequence[str]) -> int:
    """Bytes at most that fields hold in one cluster, which is read as a whole."""
    parents = [record.parent_field_id for record in ntuple.field_records]
    wanted = {ntuple[name].field_id for name in names}
    # A field stands behind its parent; one of the first level is its own parent.
    for field, parent in enumerate(parents):
        if parent in wanted:
            wanted.add(field)
    columns = [
        place for place, record in enumerate(ntuple.column_records) if record.field_id in wanted
    ]
    clusters = (
        sum(page.num_elements for place in columns for page in cluster[place].pages)
        for cluster in ntuple.page_link_list
    )
    return _ELEMENT_BYTES * max(clusters, default=0)
