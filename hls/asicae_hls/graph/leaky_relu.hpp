// SPDX-License-Identifier: Apache-2.0
//
// ReLU with a slope of 2^-halvings below zero, all values in parallel. Dead inputs are zero.

#ifndef ASICAE_HLS_LEAKY_RELU_HPP
#define ASICAE_HLS_LEAKY_RELU_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
void leaky_relu(const Number<typename LAYER::Input> inputs[],
                Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int value = 0; value < LAYER::values; ++value) {
    ASICAE_UNROLL_BODY
    Accumulator<LAYER> number = 0;
    if (live<LAYER>(value)) {
      number = inputs[value];
    }
    if (number < 0) {
      // The accumulator has the bits that this moves to the right.
      number >>= LAYER::halvings;
    }
    outputs[value] = finish<LAYER>(number);
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_LEAKY_RELU_HPP
