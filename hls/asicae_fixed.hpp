// SPDX-License-Identifier: Apache-2.0
//
// Fixed-point types with the meaning of asicae.network.fixed_point, in plain C++17 integers.
//
// fixed<W, I, S, R, O> has W bits in all and I integer bits (sign included where S is true); its
// value is raw * 2^-(W - I). Rounding and overflow carry the names of ac_fixed. Header only, no
// heap, no exceptions, no floating point: HLS tools and detector software both accept it.

#ifndef ASICAE_FIXED_HPP
#define ASICAE_FIXED_HPP

#include <cstdint>
#include <type_traits>

namespace asicae {

enum class Rounding {
  TRN,          // towards minus infinity
  TRN_ZERO,     // towards zero
  RND,          // to nearest, halves up
  RND_ZERO,     // to nearest, halves towards zero
  RND_INF,      // to nearest, halves away from zero
  RND_MIN_INF,  // to nearest, halves down
  RND_CONV,     // to nearest, halves to even
  RND_CONV_ODD  // to nearest, halves to odd
};
enum class Overflow {
  SAT,       // nearest end of the range
  SAT_ZERO,  // zero
  SAT_SYM,   // nearest end of the range without the lowest code
  WRAP       // low bits
};

template <int W, int I, bool S = true, Rounding R = Rounding::RND_CONV,
          Overflow O = Overflow::SAT>
struct fixed {
  static_assert(W >= 1 && W <= 16, "1 to 16 bits");
  static_assert(I >= -16 && I <= 24, "-16 to 24 integer bits");

  static constexpr int width = W;
  static constexpr int integer = I;
  static constexpr bool is_signed = S;
  static constexpr Rounding rounding = R;
  static constexpr Overflow overflow = O;
  static constexpr int fraction = W - I;
  static constexpr std::int64_t raw_min = S ? -(std::int64_t{1} << (W - 1)) : 0;
  static constexpr std::int64_t raw_max = (std::int64_t{1} << (S ? W - 1 : W)) - 1;

  std::int64_t raw = 0;

  constexpr fixed() = default;

  // The value whose raw integer is known and inside the range.
  static constexpr fixed from_raw(std::int64_t raw) {
    fixed value;
    value.raw = raw;
    return value;
  }

  // An integer with FRACTION fractional bits, such as an accumulator: round, then overflow.
  // INTEGER is int32_t or int64_t and has to hold the value, shifted to the left where FRACTION is
  // smaller than the fraction of this type.
  template <int FRACTION, class INTEGER = std::int64_t>
  static constexpr fixed cast(INTEGER value) {
    if constexpr (FRACTION <= fraction) {
      return from_raw(overflowed<INTEGER>(value * (INTEGER{1} << (fraction - FRACTION))));
    } else {
      return from_raw(overflowed<INTEGER>(rounded<INTEGER>(value, FRACTION - fraction)));
    }
  }

  // value / 2^shift as a whole number; shift is at least 0 and less than the bits of INTEGER.
  template <class INTEGER>
  static constexpr INTEGER rounded(INTEGER value, int shift) {
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
      return down + (rest > half || (tie && tie_goes_up(down)) ? 1 : 0);
    }
  }

  // What the type holds instead of a whole number of its steps.
  template <class INTEGER>
  static constexpr INTEGER overflowed(INTEGER value) {
    constexpr INTEGER high = static_cast<INTEGER>(raw_max);
    if constexpr (O == Overflow::WRAP) {
      using Unsigned = std::make_unsigned_t<INTEGER>;
      constexpr Unsigned span = Unsigned{1} << W;
      constexpr INTEGER low = static_cast<INTEGER>(raw_min);
      const Unsigned offset =
          (static_cast<Unsigned>(value) - static_cast<Unsigned>(low)) & (span - 1);
      return static_cast<INTEGER>(offset) + low;
    } else {
      constexpr INTEGER low =
          static_cast<INTEGER>((S && O == Overflow::SAT_SYM) ? -raw_max : raw_min);
      if constexpr (O == Overflow::SAT_ZERO) {
        return value < low || value > high ? 0 : value;
      } else {
        return value < low ? low : (value > high ? high : value);
      }
    }
  }

  // Two's complement pattern, as a number from 0 to 2^W - 1.
  constexpr std::uint64_t bits() const {
    return static_cast<std::uint64_t>(raw) & ((std::uint64_t{1} << W) - 1);
  }

 private:
  // Whether the number half a step above `down` becomes the one above it.
  template <class INTEGER>
  static constexpr bool tie_goes_up(INTEGER down) {
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
};

template <int W, int I, Rounding R = Rounding::RND_CONV, Overflow O = Overflow::SAT>
using ufixed = fixed<W, I, false, R, O>;

}  // namespace asicae

#endif  // ASICAE_FIXED_HPP
