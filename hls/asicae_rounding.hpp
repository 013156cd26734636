// SPDX-License-Identifier: Apache-2.0
//
// What the roundings and overflows of asicae_fixed.hpp do, in plain integers: INTEGER is int32_t or
// int64_t, TYPE a fixed<...>. No floating point.

#ifndef ASICAE_ROUNDING_HPP
#define ASICAE_ROUNDING_HPP

#include <cstdint>
#include <type_traits>

#include "asicae_fixed.hpp"
#include "asicae_processor.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

// Whether the number half a step above `down` becomes the one above it.
template <Rounding R, class INTEGER>
constexpr bool tie_goes_up(INTEGER down) {
  switch (R) {
    case Rounding::RND:
      return true;
    case Rounding::RND_ZERO:
      return down < 0;
    case Rounding::RND_INF:
      return down >= 0;
    case Rounding::RND_CONV:
      return (down & 1) != 0;
    case Rounding::RND_CONV_ODD:
      return (down & 1) == 0;
    default:
      return false;
  }
}

// value / 2^shift as a whole number; shift is at least 0 and less than the bits of INTEGER.
template <class TYPE, class INTEGER>
constexpr INTEGER rounded(INTEGER value, int shift) {
  constexpr Rounding R = TYPE::rounding;
  using Unsigned = std::make_unsigned_t<INTEGER>;
  // Right shift of a negative number rounds down on every compiler and HLS tool in use.
  const INTEGER down = value >> shift;
  const Unsigned rest = static_cast<Unsigned>(value) & ((Unsigned{1} << shift) - 1);
  if constexpr (R == Rounding::TRN) {
    return down;
  } else if constexpr (R == Rounding::TRN_ZERO) {
    return down + (down < 0 && rest != 0 ? 1 : 0);
  } else {
    const Unsigned half = (Unsigned{1} << shift) >> 1;
    const bool tie = rest == half && half != 0;
    return down + (rest > half || (tie && tie_goes_up<R>(down)) ? 1 : 0);
  }
}

// What the type holds instead of a whole number of its steps.
template <class TYPE, class INTEGER>
constexpr INTEGER overflowed(INTEGER value) {
  constexpr INTEGER high = TYPE::raw_max;
  if constexpr (TYPE::overflow == Overflow::WRAP) {
    using Unsigned = std::make_unsigned_t<INTEGER>;
    constexpr Unsigned span = Unsigned{1} << TYPE::width;
    constexpr INTEGER low = TYPE::raw_min;
    const Unsigned offset =
        (static_cast<Unsigned>(value) - static_cast<Unsigned>(low)) & (span - 1);
    return static_cast<INTEGER>(offset) + low;
  } else {
    constexpr bool symmetric = TYPE::is_signed && TYPE::overflow == Overflow::SAT_SYM;
    constexpr INTEGER low = symmetric ? -TYPE::raw_max : TYPE::raw_min;
    if constexpr (TYPE::overflow == Overflow::SAT_ZERO) {
      return value < low || value > high ? 0 : value;
    } else {
      return value < low ? low : (value > high ? high : value);
    }
  }
}

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_ROUNDING_HPP
