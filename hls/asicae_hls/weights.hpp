// SPDX-License-Identifier: Apache-2.0
//
// Weight image and keep mask as arrays of numbers: wires in hardware, where the image is a register.

#ifndef ASICAE_HLS_WEIGHTS_HPP
#define ASICAE_HLS_WEIGHTS_HPP

#include <cstddef>
#include <cstdint>

#include "pragmas.hpp"
#include "types.hpp"

namespace asicae {
namespace hls {

// WIDTH bits of a little-endian bit string from bit `first` on.
template <int WIDTH>
Integer<WIDTH, false> field(const std::uint8_t bytes[], std::size_t first) {
  ASICAE_INLINE
  Integer<WIDTH, false> bits = 0;
  ASICAE_UNROLL
  for (int bit = 0; bit < WIDTH; ++bit) {
    ASICAE_UNROLL_BODY
    const std::size_t place = first + static_cast<std::size_t>(bit);
    bits[bit] = ((bytes[place / 8] >> (place % 8)) & 1) != 0;
  }
  return bits;
}

// COUNT numbers of one array of the image, which starts at bit `offset`.
template <class TYPE, int COUNT>
void unpack(const std::uint8_t image[], std::size_t offset, Stored<TYPE> numbers[COUNT]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int k = 0; k < COUNT; ++k) {
    ASICAE_UNROLL_BODY
    const std::size_t first = offset + static_cast<std::size_t>(k) * TYPE::width;
    numbers[k] = from_bits<Stored<TYPE>>(field<TYPE::width>(image, first));
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_WEIGHTS_HPP
