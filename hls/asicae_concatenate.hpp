// SPDX-License-Identifier: Apache-2.0
//
// Channels of several nodes beside each other in the emulator.

#ifndef ASICAE_CONCATENATE_HPP
#define ASICAE_CONCATENATE_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_lanes.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

// Dead inputs are zero already where several come together.
template <class LAYER>
class Concatenate {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}

  void run(const Row* inputs, Row* outputs) const noexcept {
    int first = 0;
    for (const int channels : LAYER::channels) {
      for (int place = 0; place < LAYER::places; ++place) {
        for (int channel = 0; channel < channels; ++channel) {
          const Row& source = inputs[place * channels + channel];
          Row& target = outputs[place * LAYER::output_channels + first + channel];
          for (int lane = 0; lane < kLanes; ++lane) {
            target[lane] = source[lane];
          }
        }
      }
      first += channels;
      inputs += LAYER::places * channels;
    }
  }
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_CONCATENATE_HPP
