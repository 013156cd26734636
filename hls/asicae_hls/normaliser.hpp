// SPDX-License-Identifier: Apache-2.0
//
// The converter in front of the encoder: 48 CALQ to 48 codes and the module sum as 5E4M code.
// A code is CALQ / 2^floor(log2 sum), a number in [0, 2), brought to the type of the codes.

#ifndef ASICAE_HLS_NORMALISER_HPP
#define ASICAE_HLS_NORMALISER_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace asicae {
namespace hls {

constexpr int kCells = 48;
constexpr int kCalqBits = 22;
constexpr int kTotalBits = 28;  // of the sum of all cells
constexpr int kSumBits = 9;

using Charge = Integer<kCalqBits, false>;
using Total = Integer<kTotalBits, false>;
using Place = Integer<5, false>;
using Sum = Integer<kSumBits, false>;

// floor(log2(total)); 0 for no charge.
inline Place leading_bit(const Total& total) {
  ASICAE_INLINE
  Place place = 0;
  ASICAE_UNROLL
  for (int bit = 1; bit < kTotalBits; ++bit) {
    ASICAE_UNROLL_BODY
    if (total[bit] != 0) {
      place = bit;
    }
  }
  return place;
}

inline Sum sum_code(const Total& total, const Place& place) {
  ASICAE_INLINE
  if (place < 4) {
    return Sum(total);
  }
  const Place exponent = place - 3;
  const Place dropped = place - 4;
  const Total shifted = total >> dropped;
  return (Sum(exponent) << 4) | (Sum(shifted) & Sum(15));
}

template <class TYPE>
void normalise(const Charge calq[kCells], Number<TYPE> codes[kCells], Sum& sum) {
  ASICAE_INLINE
  Total total = 0;
  ASICAE_UNROLL
  for (int cell = 0; cell < kCells; ++cell) {
    ASICAE_UNROLL_BODY
    total += calq[cell];
  }
  const Place place = leading_bit(total);
  sum = sum_code(total, place);
  const Place left = kTotalBits - 1 - place;
  ASICAE_UNROLL
  for (int cell = 0; cell < kCells; ++cell) {
    ASICAE_UNROLL_BODY
    // A charge is at most the sum, so no bit is lost on the left.
    const Total shifted = Total(calq[cell]) << left;
    const auto value = from_bits<Exact<kTotalBits, 1, false>>(shifted);
    codes[cell] = cast<TYPE, kTotalBits, 1, false>(value);
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_NORMALISER_HPP
