// SPDX-License-Identifier: Apache-2.0
//
// Fully connected layer, all units in parallel. Kernel: input * units + unit.

#ifndef ASICAE_HLS_DENSE_HPP
#define ASICAE_HLS_DENSE_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
void dense(const Number<typename LAYER::Input> inputs[],
           const Stored<typename LAYER::Weight> kernel[],
           const Stored<typename LAYER::Bias> bias[],
           Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  // In this description a dense layer is one pixel: its inputs are channels, its units filters.
  ASICAE_UNROLL
  for (int unit = 0; unit < LAYER::filters; ++unit) {
    ASICAE_UNROLL_BODY
    Accumulator<LAYER> sum = bias[unit];
    ASICAE_UNROLL
    for (int input = 0; input < LAYER::channels; ++input) {
      ASICAE_UNROLL_BODY
      if (live<LAYER>(input)) {
        sum += inputs[input] * kernel[input * LAYER::filters + unit];
      }
    }
    outputs[unit] = finish<LAYER>(sum);
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_DENSE_HPP
