// SPDX-License-Identifier: Apache-2.0
//
// Gain and bias a channel, all values in parallel.

#ifndef ASICAE_HLS_GAIN_HPP
#define ASICAE_HLS_GAIN_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
void gain(const Number<typename LAYER::Input> inputs[],
          const Stored<typename LAYER::Weight> kernel[],
          const Stored<typename LAYER::Bias> bias[],
          Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int value = 0; value < LAYER::values; ++value) {
    ASICAE_UNROLL_BODY
    Accumulator<LAYER> sum = bias[value % LAYER::channels];
    if (live<LAYER>(value)) {
      sum += inputs[value] * kernel[value % LAYER::channels];
    }
    outputs[value] = finish<LAYER>(sum);
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_GAIN_HPP
