// SPDX-License-Identifier: Apache-2.0
//
// The mean of each window in the emulator: a sum of which the shift of its output drops more bits.

#ifndef ASICAE_AVERAGE_POOL_HPP
#define ASICAE_AVERAGE_POOL_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_sums.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class AveragePool {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int row = 0; row < LAYER::output_rows; ++row) {
      for (int column = 0; column < LAYER::output_columns; ++column) {
        for (int channel = 0; channel < LAYER::channels; ++channel) {
          Total<LAYER> total;
          for (int ky = 0; ky < LAYER::pool_rows; ++ky) {
            for (int kx = 0; kx < LAYER::pool_columns; ++kx) {
              const int y = row * LAYER::stride_rows + ky;
              const int x = column * LAYER::stride_columns + kx;
              total.add(inputs, (y * LAYER::columns + x) * LAYER::channels + channel);
            }
          }
          const int position = row * LAYER::output_columns + column;
          total.put(outputs[position * LAYER::channels + channel]);
        }
      }
    }
  }
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_AVERAGE_POOL_HPP
