// SPDX-License-Identifier: Apache-2.0
//
// What leaves the chip: the bits of every latent under its keep mask.

#ifndef ASICAE_HLS_PACKER_HPP
#define ASICAE_HLS_PACKER_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace asicae {
namespace hls {

template <class TYPE, int LATENTS>
void pack(const Number<TYPE> outputs[LATENTS], const Integer<TYPE::width, false> keep[LATENTS],
          Integer<TYPE::width, false> latents[LATENTS]) {
  ASICAE_INLINE
  ASICAE_UNROLL
  for (int latent = 0; latent < LATENTS; ++latent) {
    ASICAE_UNROLL_BODY
    latents[latent] = bits_of<TYPE::width>(outputs[latent]) & keep[latent];
  }
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_PACKER_HPP
