"""Work that several processes share, here or elsewhere, each piece done once.

* ``workers`` is Dask: processes of this machine, or of a scheduler that is there. A piece whose
  worker dies is begun by another one.
* ``alone``: two processes that do the same piece wait for each other.
"""
