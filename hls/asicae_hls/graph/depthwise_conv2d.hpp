// SPDX-License-Identifier: Apache-2.0
//
// Convolution of each channel by itself, all outputs in parallel. Taps on padding and on dead
// inputs are left out. Flat index: (row * columns + column) * channels + channel; kernel (row,
// column, channel, number).

#ifndef ASICAE_HLS_DEPTHWISE_CONV2D_HPP
#define ASICAE_HLS_DEPTHWISE_CONV2D_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

// One filter, which is of one channel, at one output position.
template <class LAYER>
Number<typename LAYER::Output> channel_convolved(const Number<typename LAYER::Input> inputs[],
                                                 const Stored<typename LAYER::Weight> kernel[],
                                                 const Stored<typename LAYER::Bias>& bias, int row,
                                                 int column, int filter) {
  ASICAE_INLINE
  Accumulator<LAYER> sum = bias;
  ASICAE_UNROLL
  for (int ky = 0; ky < LAYER::kernel_rows; ++ky) {
    ASICAE_UNROLL_BODY
    ASICAE_UNROLL
    for (int kx = 0; kx < LAYER::kernel_columns; ++kx) {
      ASICAE_UNROLL_BODY
      const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
      const int x = column * LAYER::stride_columns - LAYER::pad_left + kx;
      const bool inside = y >= 0 && y < LAYER::rows && x >= 0 && x < LAYER::columns;
      const int channel = filter / LAYER::multiplier;
      const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
      const int tap = ky * LAYER::kernel_columns + kx;
      if (inside && live<LAYER>(inside ? input : 0)) {
        sum += inputs[input] * kernel[tap * LAYER::filters + filter];
      }
    }
  }
  return finish<LAYER>(sum);
}

template <class LAYER>
void depthwise_conv2d(const Number<typename LAYER::Input> inputs[],
                      const Stored<typename LAYER::Weight> kernel[],
                      const Stored<typename LAYER::Bias> bias[],
                      Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int row = 0; row < LAYER::output_rows; ++row) {
    ASICAE_UNROLL_BODY
    ASICAE_UNROLL
    for (int column = 0; column < LAYER::output_columns; ++column) {
      ASICAE_UNROLL_BODY
      ASICAE_UNROLL
      for (int filter = 0; filter < LAYER::filters; ++filter) {
        ASICAE_UNROLL_BODY
        outputs[(row * LAYER::output_columns + column) * LAYER::filters + filter] =
            channel_convolved<LAYER>(inputs, kernel, bias[filter], row, column, filter);
      }
    }
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_DEPTHWISE_CONV2D_HPP
