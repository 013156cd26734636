// SPDX-License-Identifier: Apache-2.0
//
// The converter in front of the encoder: CALQ to codes and the module sum.

#ifndef ASICAE_CONVERTER_HPP
#define ASICAE_CONVERTER_HPP

#include <cstdint>

#include "asicae_lanes.hpp"
#include "asicae_rounding.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

constexpr int kCells = 48;
constexpr std::uint32_t kCalqMax = (1u << 22) - 1;

// floor(log2(number)) in every lane; 0 where the number is 0.
inline void leading_bits(const Row& numbers, Row& places) noexcept {
  for (int lane = 0; lane < kLanes; ++lane) {
    std::int32_t number = numbers[lane];
    std::int32_t place = 0;
    for (int step = 16; step > 0; step /= 2) {
      const bool large = number >= (std::int32_t{1} << step);
      number = large ? number >> step : number;
      place += large ? step : 0;
    }
    places[lane] = place;
  }
}

// Module sum as 5E4M code, from the sum of 28 bits and the place of its leading bit.
inline std::uint16_t sum_code(std::int32_t sum, std::int32_t place) noexcept {
  const std::int32_t exponent = place < 4 ? 0 : place - 3;
  const std::int32_t dropped = exponent < 1 ? 0 : exponent - 1;
  return static_cast<std::uint16_t>((exponent << 4) | ((sum >> dropped) & 15));
}

// CALQ / 2^place as code of the network's input type.
template <class TYPE>
inline std::int32_t code(std::int32_t charge, std::int32_t place) noexcept {
  const std::int32_t shift = place - TYPE::fraction;
  // Charges have 22 bits, so more than 24 round to what 24 give.
  const std::int32_t right = shift < 0 ? 0 : (shift > 24 ? 24 : shift);
  const std::int32_t left = shift < 0 ? -shift : 0;
  // A charge is at most the sum: the left shift stays below 2^(fraction + 1), at most 2^28.
  return overflowed<TYPE>(rounded<TYPE>(charge, right) << left);
}

// Codes of kLanes events where the first layer reads them, and their sums. Dead pixels stay unset.
template <class NETWORK>
inline void normalise(const std::int32_t* calq, Row* pixels, std::uint16_t* sums) noexcept {
  alignas(kAlignment) Row charges[kCells];
  static_assert(kCells % kLanes == 0, "whole squares");
  for (int cell = 0; cell < kCells; cell += kLanes) {
    to_rows(calq + cell, kCells, charges + cell);
  }
  alignas(kAlignment) Row total = {};
  for (int cell = 0; cell < kCells; ++cell) {
    for (int lane = 0; lane < kLanes; ++lane) {
      total[lane] += charges[cell][lane];
    }
  }
  alignas(kAlignment) Row places;
  leading_bits(total, places);
  for (int lane = 0; lane < kLanes; ++lane) {
    sums[lane] = sum_code(total[lane], places[lane]);
  }
  for (int cell = 0; cell < kCells; ++cell) {
    for (int lane = 0; lane < kLanes; ++lane) {
      pixels[NETWORK::pixel_of_cell[cell]][lane] =
          code<typename NETWORK::Input>(charges[cell][lane], places[lane]);
    }
  }
}

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_CONVERTER_HPP
