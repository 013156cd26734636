"""Floating-point charge codes between the front end and the concentrator, in integers.

4E3M is the 7-bit code of one trigger cell, on the link from the front-end chip and in the frames of
the concentrator; 5E3M and 5E4M are the 8- and 9-bit codes of a sum. All functions are exact and
vectorised; shapes follow the input.

Sources: the public emulator of the front end and of ECON-T, github.com/hgc-tpg/hgcal-tpg-fe
(compression, decoding to the middle of the bin, calibration with 0x800 = 1, dropped bits);
LDMX-Software/pflib (ECON-T register map: default of Cal).
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from asicae.foundation.errors import BadInput

CALQ_BITS: Final = 22
CALQ_MAX: Final = (1 << CALQ_BITS) - 1
CODE_4E3M_MAX: Final = 127
CODE_5E3M_MAX: Final = 255
CODE_5E4M_MAX: Final = 511
CALIBRATION_ONE: Final = 0x800
"""Calibration factor that leaves the charge as it is (11 fractional bits)."""
CALIBRATION_MAX: Final = 0xFFF
CALIBRATION_SHIFT: Final = 11
DROP_LSB_MAX: Final = 4
# np.frexp is exact on float64 integers below 2**53, which is where bit lengths stay exact.
_EXACT_MAX = (1 << 53) - 1

Array = npt.NDArray[Any]


def encode_4e3m(charge: npt.ArrayLike, high_density: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Front-end code 0..127 of a trigger-cell charge (integer, 0..2**53-1, ADC counts).

    The charge is first shifted right by 1 (low density, 4 sensor cells) or 3 (high density, 9);
    then 4 bits of exponent and 3 of mantissa are kept, truncating, saturating at 127.
    ``high_density`` is a boolean (or an array of them) that broadcasts against ``charge``.

    Raises:
        BadInput: a charge that is not an integer or is out of range.
    """
    value = _integers(charge, "charge", _EXACT_MAX) >> _density_shift(high_density)
    return _encode(value, mantissa_bits=3, exponent_max=15).astype(np.uint8)


def decode_4e3m(code: npt.ArrayLike, high_density: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Charge in the middle of the bin of a front-end code 0..127; code 0 gives 1 (LD) or 4 (HD).

    Raises:
        BadInput: a code that is not an integer or is out of range.
    """
    integers = _integers(code, "4E3M code", CODE_4E3M_MAX)
    return _decode(integers, 3, _density_shift(high_density)).astype(np.int32)


def encode_charge(charge: npt.ArrayLike, drop_lsb: int) -> npt.NDArray[np.uint8]:
    """Concentrator code 0..127 (4E3M) of a charge 0..2**53-1 whose ``drop_lsb`` bits are dropped.

    ``drop_lsb`` is 0..4. The charge is shifted right, then coded as :func:`encode_4e3m` does.

    Raises:
        BadInput: a charge that is not an integer or is out of range, another ``drop_lsb``.
    """
    value = _integers(charge, "charge", _EXACT_MAX) >> _checked_drop(drop_lsb)
    return _encode(value, mantissa_bits=3, exponent_max=15).astype(np.uint8)


def decode_charge(code: npt.ArrayLike, drop_lsb: int) -> npt.NDArray[np.int32]:
    """Charge in the middle of the bin of a concentrator code 0..127; code 0 gives 0.

    That code 0 means no charge is a definition of the kit: after zero suppression nearly all cells
    below the first step are empty.

    Raises:
        BadInput: a code that is not an integer or is out of range, another ``drop_lsb``.
    """
    integers = _integers(code, "4E3M code", CODE_4E3M_MAX)
    middle = _decode(integers, 3, _checked_drop(drop_lsb))
    return np.asarray(np.where(integers == 0, 0, middle), dtype=np.int32)


def encode_5e3m(value: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Sum code 0..255 of an integer 0..2**53-1: exact up to 15, saturating from 2**34 on.

    Raises:
        BadInput: a value that is not an integer or is out of range.
    """
    integers = _integers(value, "sum", _EXACT_MAX)
    return _encode(integers, mantissa_bits=3, exponent_max=31).astype(np.uint8)


def decode_5e3m(code: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Integer in the middle of the bin of a sum code 0..255 (the value itself where bins are 1).

    Raises:
        BadInput: a code that is not an integer or is out of range.
    """
    return _decode(_integers(code, "5E3M code", CODE_5E3M_MAX), 3, 0)


def encode_5e4m(value: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Sum code 0..511 of an integer 0..2**53-1: exact up to 31, saturating from 2**35 on.

    Raises:
        BadInput: a value that is not an integer or is out of range.
    """
    integers = _integers(value, "sum", _EXACT_MAX)
    return _encode(integers, mantissa_bits=4, exponent_max=31).astype(np.uint16)


def decode_5e4m(code: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Integer in the middle of the bin of a sum code 0..511 (the value itself where bins are 1).

    Raises:
        BadInput: a code that is not an integer or is out of range.
    """
    return _decode(_integers(code, "5E4M code", CODE_5E4M_MAX), 4, 0)


def bounds_5e4m(code: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Smallest and largest integer of a sum code 0..511; the last one is also that of all above.

    Raises:
        BadInput: a code that is not an integer or is out of range.
    """
    low, shift = _first(_integers(code, "5E4M code", CODE_5E4M_MAX), 4)
    return low, low + (np.int64(1) << shift) - 1


def calibrate(decoded: npt.ArrayLike, factor: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Calibrated charge CALQ = (decoded * factor) >> 11, saturating at 2**22 - 1.

    Both are integers >= 0, decoded up to 2**32 - 1 and factor up to 0xFFF (0x800 is 1.0).

    Raises:
        BadInput: a value that is not an integer or is out of range.
    """
    charge = _integers(decoded, "decoded charge", (1 << 32) - 1)
    scaled = charge * _integers(factor, "calibration factor", CALIBRATION_MAX) >> CALIBRATION_SHIFT
    return np.asarray(np.minimum(scaled, CALQ_MAX), dtype=np.int32)


def _encode(value: Array, mantissa_bits: int, exponent_max: int) -> Array:
    """Exponent and mantissa of the leading bits: below 2**mantissa_bits the value itself."""
    bit_length = np.frexp(value.astype(np.float64))[1].astype(np.int64)
    exponent = np.maximum(bit_length - mantissa_bits, 0)
    mantissa = (value >> np.maximum(exponent - 1, 0)) & ((1 << mantissa_bits) - 1)
    largest = ((exponent_max + 1) << mantissa_bits) - 1
    return np.asarray(np.minimum((exponent << mantissa_bits) | mantissa, largest))


def _decode(code: Array, mantissa_bits: int, dropped: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Middle of the bin of a code whose value had ``dropped`` low bits shifted out."""
    low, shift = _first(code, mantissa_bits)
    width = np.int64(1) << (shift + dropped)
    return np.asarray((low << np.asarray(dropped)) + (width >> 1), dtype=np.int64)


def _first(code: Array, mantissa_bits: int) -> tuple[npt.NDArray[np.int64], Any]:
    """Smallest value of a code, and log2 of the number of its values."""
    exponent, mantissa = np.divmod(code, 1 << mantissa_bits)
    shift = np.maximum(exponent - 1, 0)
    low = np.where(exponent == 0, mantissa, (1 << mantissa_bits | mantissa) << shift)
    return np.asarray(low, dtype=np.int64), shift


def _checked_drop(drop_lsb: int) -> int:
    if not 0 <= drop_lsb <= DROP_LSB_MAX:
        raise BadInput(f"drop_lsb is {drop_lsb}, allowed is 0..{DROP_LSB_MAX}")
    return drop_lsb


def _density_shift(high_density: npt.ArrayLike) -> Array:
    return np.where(np.asarray(high_density, dtype=bool), np.int64(3), np.int64(1))


def _integers(values: npt.ArrayLike, name: str, largest: int) -> npt.NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise BadInput(f"{name} has type {array.dtype}, allowed are integers")
    if array.size and (int(array.min()) < 0 or int(array.max()) > largest):
        found = int(array.min()) if int(array.min()) < 0 else int(array.max())
        raise BadInput(f"{name} {found} is out of range, allowed is 0..{largest}")
    return array.astype(np.int64)
