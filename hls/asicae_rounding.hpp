// SPDX-License-Identifier: Apache-2.0
//
// What the roundings and overflows of asicae_fixed.hpp do, in plain integers: NUMBER is int32_t,
// int64_t or a vector of them, TYPE a fixed<...>. No floating point.

#ifndef ASICAE_ROUNDING_HPP
#define ASICAE_ROUNDING_HPP

#include <cstdint>
#include <type_traits>
#include <utility>

#include "asicae_fixed.hpp"
#include "asicae_processor.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

// Of a vector what it holds, of an integer itself.
template <class NUMBER, bool WHOLE = std::is_integral_v<NUMBER>>
struct Element {
  using Type = NUMBER;
};
template <class NUMBER>
struct Element<NUMBER, false> {
  using Type = std::remove_reference_t<decltype(std::declval<NUMBER&>()[0])>;
};

// -1 for negative numbers, else 0. Right shift of a negative number rounds down on every compiler
// and HLS tool in use.
template <class NUMBER>
constexpr NUMBER sign(NUMBER value) {
  return value >> static_cast<int>(8 * sizeof(typename Element<NUMBER>::Type) - 1);
}

// 1 where the tie above `down`, which is what rounding down gives, goes up.
template <Rounding R, class NUMBER>
constexpr NUMBER tie_goes_up(NUMBER down) {
  switch (R) {
    case Rounding::RND:
      return NUMBER{} + 1;
    case Rounding::RND_ZERO:
      return -sign(down);
    case Rounding::RND_INF:
      return sign(down) + 1;
    case Rounding::RND_CONV:
      return down & 1;
    case Rounding::RND_CONV_ODD:
      return ~down & 1;
    default:
      return NUMBER{};
  }
}

// value / 2^shift as a whole number; shift is at least 0 and less than the bits of an integer, and
// value + 2^(shift - 1) fits in one.
template <class TYPE, class NUMBER>
constexpr NUMBER rounded(NUMBER value, int shift) {
  constexpr Rounding R = TYPE::rounding;
  using Integer = typename Element<NUMBER>::Type;
  using Unsigned = std::make_unsigned_t<Integer>;
  const Unsigned step = Unsigned{1} << shift;
  const NUMBER down = value >> shift;
  if constexpr (R == Rounding::TRN) {
    return down;
  } else if constexpr (R == Rounding::TRN_ZERO) {
    return (value + (sign(value) & static_cast<Integer>(step - 1))) >> shift;
  } else {
    // A little less than half a step, and what is missing where a tie goes up.
    const Integer cut = shift == 0 ? 0 : 1;
    const Integer most = static_cast<Integer>(step >> 1) - cut;
    return (value + most + (tie_goes_up<R>(down) & cut)) >> shift;
  }
}

template <class NUMBER>
constexpr NUMBER at_least(NUMBER value, NUMBER low) {
  return value < low ? low : value;
}

template <class NUMBER>
constexpr NUMBER at_most(NUMBER value, NUMBER high) {
  return value > high ? high : value;
}

// What the type holds instead of a whole number of its steps; value - raw_min fits in an integer.
template <class TYPE, class NUMBER>
constexpr NUMBER overflowed(NUMBER value) {
  using Integer = typename Element<NUMBER>::Type;
  const NUMBER zero = {};
  if constexpr (TYPE::overflow == Overflow::WRAP) {
    constexpr Integer rest = (Integer{1} << TYPE::width) - 1;
    constexpr Integer low = TYPE::raw_min;
    return ((value - low) & rest) + low;
  } else {
    constexpr bool symmetric = TYPE::is_signed && TYPE::overflow == Overflow::SAT_SYM;
    const NUMBER low = zero + Integer{symmetric ? -TYPE::raw_max : TYPE::raw_min};
    const NUMBER high = zero + Integer{TYPE::raw_max};
    if constexpr (TYPE::overflow == Overflow::SAT_ZERO) {
      const NUMBER held = value < low ? zero : value;
      return held > high ? zero : held;
    } else {
      return at_most(at_least(value, low), high);
    }
  }
}

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_ROUNDING_HPP
