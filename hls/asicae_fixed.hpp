// SPDX-License-Identifier: Apache-2.0
//
// Fixed-point types of asicae.network.fixed_point as descriptions, without arithmetic.
//
// fixed<W, I, S, R, O> has W bits in all and I integer bits (sign included where S is true); its
// value is raw * 2^-(W - I). Rounding and overflow carry the names of ac_fixed.

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

template <int W, int I, bool S, Rounding R, Overflow O>
struct fixed {
  static_assert(W >= 1 && W <= 16, "1 to 16 bits");
  static_assert(I >= -16 && I <= 24, "-16 to 24 integer bits");

  static constexpr int width = W;
  static constexpr int integer = I;
  static constexpr bool is_signed = S;
  static constexpr Rounding rounding = R;
  static constexpr Overflow overflow = O;
  static constexpr int fraction = W - I;
  static constexpr std::int32_t raw_min = S ? -(std::int32_t{1} << (W - 1)) : 0;
  static constexpr std::int32_t raw_max = (std::int32_t{1} << (S ? W - 1 : W)) - 1;
};

}  // namespace asicae

#endif  // ASICAE_FIXED_HPP
