// SPDX-License-Identifier: Apache-2.0
//
// The sum of several nodes in the emulator.

#ifndef ASICAE_ADD_HPP
#define ASICAE_ADD_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_sums.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class Add {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int value = 0; value < LAYER::values; ++value) {
      Total<LAYER> total;
      for (int operand = 0; operand < LAYER::operands; ++operand) {
        total.add(inputs, operand * LAYER::values + value);
      }
      total.put(outputs[value]);
    }
  }
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_ADD_HPP
