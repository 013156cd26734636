// SPDX-License-Identifier: Apache-2.0
//
// Channels of several nodes beside each other: wires. Dead inputs are zero.

#ifndef ASICAE_HLS_CONCATENATE_HPP
#define ASICAE_HLS_CONCATENATE_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
void concatenate(const Number<typename LAYER::Input> inputs[],
                 Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  int first = 0;
  int source = 0;
  ASICAE_UNROLL
  for (int operand = 0; operand < LAYER::operands; ++operand) {
    ASICAE_UNROLL_BODY
    const int channels = LAYER::channels[operand];
    ASICAE_UNROLL
    for (int place = 0; place < LAYER::places; ++place) {
      ASICAE_UNROLL_BODY
      ASICAE_UNROLL
      for (int channel = 0; channel < channels; ++channel) {
        ASICAE_UNROLL_BODY
        const int input = source + place * channels + channel;
        const int output = place * LAYER::output_channels + first + channel;
        outputs[output] = 0;
        if (live<LAYER>(input)) {
          outputs[output] = inputs[input];
        }
      }
    }
    first += channels;
    source += LAYER::places * channels;
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_CONCATENATE_HPP
