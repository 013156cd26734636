// SPDX-License-Identifier: Apache-2.0
//
// ReLU with a slope below zero in the emulator.

#ifndef ASICAE_LEAKY_RELU_HPP
#define ASICAE_LEAKY_RELU_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_sums.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class LeakyRelu {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int value = 0; value < LAYER::values; ++value) {
      Total<LAYER> total;
      total.add(inputs, value);
      total.raise(LAYER::halvings);
      total.put(outputs[value]);
    }
  }
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_LEAKY_RELU_HPP
