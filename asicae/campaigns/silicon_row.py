"""What is found for one way to build the chip, of several that are compared."""

from asicae.foundation.json_record import JsonRecord


class Row(JsonRecord):
    """What was found for one microarchitecture; figures have the keys of ``metrics.json``."""

    name: str
    status: str
    latency_bx: int
    rtl_sources: str
    """The list whose files were verilated; the netlist is always of ``filelist.f``."""
    figures: dict[str, float | int | str]
    area_um2: dict[str, float]
    """By block, at the library's node."""
    dynamic_pj: dict[str, float]
    """By block, at the library's node, glitches among it."""

    @property
    def area_mm2(self) -> float:
        """At the library's node."""
        return sum(self.area_um2.values()) * 1e-6

    @property
    def energy_nj(self) -> float:
        """Dynamic energy per inference at the library's node."""
        return sum(self.dynamic_pj.values()) * 1e-3

    def figure(self, key: str) -> float:
        """One of ``figures`` as a number.

        Raises:
            KeyError: there is none of that key.
        """
        return float(self.figures[key])

    def band(self, key: str) -> tuple[float, float, float]:
        """A figure at 65 nm: low, nominal, high."""
        low, nominal, high = (self.figure(f"{key}.{level}") for level in ("low", "nominal", "high"))
        return low, nominal, high
