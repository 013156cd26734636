// SPDX-License-Identifier: Apache-2.0
//
// The sum of several nodes, all values in parallel. Flat index: operand * values + value.

#ifndef ASICAE_HLS_ADD_HPP
#define ASICAE_HLS_ADD_HPP

#include "neuron.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
void add(const Number<typename LAYER::Input> inputs[], Number<typename LAYER::Output> outputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int value = 0; value < LAYER::values; ++value) {
    ASICAE_UNROLL_BODY
    Accumulator<LAYER> sum = 0;
    ASICAE_UNROLL
    for (int operand = 0; operand < LAYER::operands; ++operand) {
      ASICAE_UNROLL_BODY
      if (live<LAYER>(operand * LAYER::values + value)) {
        sum += inputs[operand * LAYER::values + value];
      }
    }
    outputs[value] = finish<LAYER>(sum);
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_ADD_HPP
