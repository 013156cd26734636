// SPDX-License-Identifier: Apache-2.0
//
// Convolution of each channel by itself in the emulator.

#ifndef ASICAE_DEPTHWISE_CONV2D_HPP
#define ASICAE_DEPTHWISE_CONV2D_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_lanes.hpp"
#include "asicae_layers.hpp"
#include "asicae_rounding.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class DepthwiseConv2D {
  using Accumulator = typename Derived<LAYER>::Accumulator;
  using Output = typename LAYER::Output;
  static constexpr int kernel_count = LAYER::kernel_rows * LAYER::kernel_columns * LAYER::filters;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    for (int k = 0; k < kernel_count; ++k) {
      weights_[k] = field<typename LAYER::Weight>(image, size, LAYER::kernel_offset, k);
    }
    for (int k = 0; k < LAYER::filters; ++k) {
      bias_[k] = static_cast<Accumulator>(
          field<typename LAYER::Bias>(image, size, LAYER::bias_offset, k) *
          (std::int64_t{1} << Derived<LAYER>::bias_shift));
    }
  }

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int row = 0; row < LAYER::output_rows; ++row) {
      for (int column = 0; column < LAYER::output_columns; ++column) {
        Row* position = outputs + (row * LAYER::output_columns + column) * LAYER::filters;
        for (int filter = 0; filter < LAYER::filters; ++filter) {
          run_filter(inputs, position[filter], row, column, filter);
        }
      }
    }
  }

 private:
  void run_filter(const Row* inputs, Row& output, int row, int column, int filter) const noexcept {
    Lanes<Accumulator> sums;
    for (int ky = 0; ky < LAYER::kernel_rows; ++ky) {
      for (int kx = 0; kx < LAYER::kernel_columns; ++kx) {
        const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
        const int x = column * LAYER::stride_columns - LAYER::pad_left + kx;
        if (y < 0 || y >= LAYER::rows || x < 0 || x >= LAYER::columns) {
          continue;
        }
        const int channel = filter / LAYER::multiplier;
        const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
        if (live<LAYER>(input)) {
          const int tap = ky * LAYER::kernel_columns + kx;
          sums.add_product(inputs[input], weights_[tap * LAYER::filters + filter]);
        }
      }
    }
    const Accumulator bias = bias_[filter];
    sums.put(output, [bias](auto sum) {
      const auto total = sum * (Accumulator{1} << Derived<LAYER>::product_shift) + bias;
      const auto raw = overflowed<Output>(rounded<Output>(total, Derived<LAYER>::shift));
      return LAYER::relu ? at_least(raw, decltype(raw){}) : raw;
    });
  }

  alignas(kAlignment) std::int32_t weights_[kernel_count] = {};
  alignas(kAlignment) Accumulator bias_[LAYER::filters] = {};
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_DEPTHWISE_CONV2D_HPP
