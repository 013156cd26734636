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
  template <int FRACTION>
  static constexpr fixed cast(std::int64_t value) {
    return from_raw(overflowed(rounded<FRACTION - fraction>(value)));
  }

  // Two's complement pattern, as a number from 0 to 2^W - 1.
  constexpr std::uint64_t bits() const {
    return static_cast<std::uint64_t>(raw) & ((std::uint64_t{1} << W) - 1);
  }

 private:
  template <int SHIFT>
  static constexpr std::int64_t rounded(std::int64_t value) {
    if constexpr (SHIFT <= 0) {
      return value * (std::int64_t{1} << -SHIFT);
    } else {
      // Right shift of a negative number rounds down on every compiler and HLS tool in use.
      const std::int64_t down = value >> SHIFT;
      const std::int64_t rest = value - down * (std::int64_t{1} << SHIFT);
      if constexpr (R == Rounding::TRN) {
        return down;
      } else if constexpr (R == Rounding::TRN_ZERO) {
        return down + (down < 0 && rest != 0 ? 1 : 0);
      } else {
        const std::int64_t half = std::int64_t{1} << (SHIFT - 1);
        return down + (rest > half || (rest == half && tie_goes_up(down)) ? 1 : 0);
      }
    }
  }

  // Whether the number half a step above `down` becomes the one above it.
  static constexpr bool tie_goes_up(std::int64_t down) {
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

  static constexpr std::int64_t overflowed(std::int64_t value) {
    if constexpr (O == Overflow::WRAP) {
      const std::uint64_t span = std::uint64_t{1} << W;
      const std::uint64_t offset =
          (static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(raw_min)) & (span - 1);
      return static_cast<std::int64_t>(offset) + raw_min;
    } else {
      constexpr std::int64_t low = (S && O == Overflow::SAT_SYM) ? -raw_max : raw_min;
      if (value >= low && value <= raw_max) {
        return value;
      }
      return O == Overflow::SAT_ZERO ? 0 : (value < low ? low : raw_max);
    }
  }
};

template <int W, int I, Rounding R = Rounding::RND_CONV, Overflow O = Overflow::SAT>
using ufixed = fixed<W, I, false, R, O>;

}  // namespace asicae

#endif  // ASICAE_FIXED_HPP
