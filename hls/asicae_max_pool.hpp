// SPDX-License-Identifier: Apache-2.0
//
// The largest number of each window in the emulator.

#ifndef ASICAE_MAX_POOL_HPP
#define ASICAE_MAX_POOL_HPP

#include <cstddef>
#include <cstdint>
#include <limits>

#include "asicae_lanes.hpp"
#include "asicae_layers.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class MaxPool {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int row = 0; row < LAYER::output_rows; ++row) {
      for (int column = 0; column < LAYER::output_columns; ++column) {
        for (int channel = 0; channel < LAYER::channels; ++channel) {
          const int position = row * LAYER::output_columns + column;
          largest(inputs, row, column, channel, outputs[position * LAYER::channels + channel]);
        }
      }
    }
  }

 private:
  // What lies outside the image is never the largest; what is dead is zero.
  static void largest(const Row* inputs, int row, int column, int channel, Row& found) noexcept {
    for (std::int32_t& number : found) {
      number = std::numeric_limits<std::int32_t>::min();
    }
    for (int ky = 0; ky < LAYER::pool_rows; ++ky) {
      for (int kx = 0; kx < LAYER::pool_columns; ++kx) {
        const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
        const int x = column * LAYER::stride_columns - LAYER::pad_left + kx;
        if (y < 0 || y >= LAYER::rows || x < 0 || x >= LAYER::columns) {
          continue;
        }
        const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
        for (int lane = 0; lane < kLanes; ++lane) {
          const std::int32_t number = live<LAYER>(input) ? inputs[input][lane] : 0;
          found[lane] = at_least(found[lane], number);
        }
      }
    }
  }
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_MAX_POOL_HPP
