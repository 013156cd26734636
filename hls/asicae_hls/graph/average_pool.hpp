// SPDX-License-Identifier: Apache-2.0
//
// The mean of each window, all outputs in parallel. Flat index: (row * columns + column) * channels
// + channel.

#ifndef ASICAE_HLS_AVERAGE_POOL_HPP
#define ASICAE_HLS_AVERAGE_POOL_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

// One number of so many, a power of two.
template <class LAYER>
Exact<1, 1 - LAYER::halvings, false> share() {
  ASICAE_INLINE
  return from_bits<Exact<1, 1 - LAYER::halvings, false>>(Integer<1, false>(1));
}

// Of one window of a channel.
template <class LAYER>
Number<typename LAYER::Output> mean(const Number<typename LAYER::Input> inputs[], int row,
                                    int column, int channel) {
  ASICAE_INLINE
  Accumulator<LAYER> sum = 0;
  ASICAE_UNROLL
  for (int ky = 0; ky < LAYER::pool_rows; ++ky) {
    ASICAE_UNROLL_BODY
    ASICAE_UNROLL
    for (int kx = 0; kx < LAYER::pool_columns; ++kx) {
      ASICAE_UNROLL_BODY
      const int y = row * LAYER::stride_rows + ky;
      const int x = column * LAYER::stride_columns + kx;
      const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
      if (live<LAYER>(input)) {
        sum += inputs[input] * share<LAYER>();
      }
    }
  }
  return finish<LAYER>(sum);
}

template <class LAYER>
void average_pool(const Number<typename LAYER::Input> inputs[],
                  Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int row = 0; row < LAYER::output_rows; ++row) {
    ASICAE_UNROLL_BODY
    ASICAE_UNROLL
    for (int column = 0; column < LAYER::output_columns; ++column) {
      ASICAE_UNROLL_BODY
      ASICAE_UNROLL
      for (int channel = 0; channel < LAYER::channels; ++channel) {
        ASICAE_UNROLL_BODY
        outputs[(row * LAYER::output_columns + column) * LAYER::channels + channel] =
            mean<LAYER>(inputs, row, column, channel);
      }
    }
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_AVERAGE_POOL_HPP
