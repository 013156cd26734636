// SPDX-License-Identifier: Apache-2.0
//
// What all layers share: the accumulator, and what happens after it.

#ifndef ASICAE_HLS_NEURON_HPP
#define ASICAE_HLS_NEURON_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace asicae {
namespace hls {

template <class LAYER>
using Accumulator = Exact<LAYER::accumulator_width,
                          LAYER::accumulator_width - LAYER::accumulator_fraction, true>;

// Whether an input of the layer can be non-zero; the others cost no hardware.
template <class LAYER>
constexpr bool live(int input) {
  return LAYER::all_live || ((LAYER::live[input / 64] >> (input % 64)) & 1u) != 0;
}

// Round, overflow, ReLU: once.
template <class LAYER>
Number<typename LAYER::Output> finish(const Accumulator<LAYER>& sum) {
  ASICAE_INLINE
  using Output = Number<typename LAYER::Output>;
  const Output output =
      cast<typename LAYER::Output, LAYER::accumulator_width,
           LAYER::accumulator_width - LAYER::accumulator_fraction, true>(sum);
  if (LAYER::relu && output < 0) {
    return Output(0);
  }
  return output;
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_NEURON_HPP
