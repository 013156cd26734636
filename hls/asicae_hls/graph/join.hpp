// SPDX-License-Identifier: Apache-2.0
//
// Several inputs of a layer side by side, in the one type that holds them all.

#ifndef ASICAE_HLS_JOIN_HPP
#define ASICAE_HLS_JOIN_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace asicae {
namespace hls {

// COUNT outputs of a node as inputs OFFSET and following of a layer; nothing is rounded.
template <class LAYER, int OFFSET, int COUNT, class NUMBER>
void join(const NUMBER source[], Number<typename LAYER::Input> inputs[]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int k = 0; k < COUNT; ++k) {
    ASICAE_UNROLL_BODY
    inputs[OFFSET + k] = source[k];
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_JOIN_HPP
