// SPDX-License-Identifier: Apache-2.0
//
// The largest number of each window, all outputs in parallel. What lies outside the image is never
// it; dead inputs are zero. Flat index: (row * columns + column) * channels + channel.

#ifndef ASICAE_HLS_MAX_POOL_HPP
#define ASICAE_HLS_MAX_POOL_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

// Of one window of a channel.
template <class LAYER>
Number<typename LAYER::Output> largest(const Number<typename LAYER::Input> inputs[], int row,
                                       int column, int channel) {
  ASICAE_INLINE
  Number<typename LAYER::Output> found = 0;
  bool any = false;
  ASICAE_UNROLL
  for (int ky = 0; ky < LAYER::pool_rows; ++ky) {
    ASICAE_UNROLL_BODY
    ASICAE_UNROLL
    for (int kx = 0; kx < LAYER::pool_columns; ++kx) {
      ASICAE_UNROLL_BODY
      const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
      const int x = column * LAYER::stride_columns - LAYER::pad_left + kx;
      if (y >= 0 && y < LAYER::rows && x >= 0 && x < LAYER::columns) {
        const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
        Number<typename LAYER::Output> number = 0;
        if (live<LAYER>(input)) {
          number = inputs[input];
        }
        if (!any || number > found) {
          found = number;
        }
        any = true;
      }
    }
  }
  return found;
}

template <class LAYER>
void max_pool(const Number<typename LAYER::Input> inputs[],
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
            largest<LAYER>(inputs, row, column, channel);
      }
    }
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_MAX_POOL_HPP
