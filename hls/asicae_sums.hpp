// SPDX-License-Identifier: Apache-2.0
//
// What layers without weights share in the emulator: the sum of some inputs, and what comes of it.

#ifndef ASICAE_SUMS_HPP
#define ASICAE_SUMS_HPP

#include <cstdint>

#include "asicae_lanes.hpp"
#include "asicae_layers.hpp"
#include "asicae_rounding.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

// One output of all lanes: a sum of inputs, which are live or nothing, then rounding, overflow and
// ReLU, once.
template <class LAYER>
class Total {
  using Accumulator = typename Derived<LAYER>::Accumulator;
  using Output = typename LAYER::Output;

 public:
  void add(const Row* inputs, int input) noexcept {
    if (live<LAYER>(input)) {
      for (int lane = 0; lane < kLanes; ++lane) {
        sums_[lane] += inputs[input][lane];
      }
    }
  }

  // What is above zero counts 2^bits times.
  void raise(int bits) noexcept {
    for (int lane = 0; lane < kLanes; ++lane) {
      sums_[lane] *= Accumulator{1} << (sums_[lane] > 0 ? bits : 0);
    }
  }

  void put(Row& target) const noexcept {
    for (int lane = 0; lane < kLanes; ++lane) {
      const Accumulator total =
          sums_[lane] * (Accumulator{1} << Derived<LAYER>::product_shift);
      const Accumulator raw = overflowed<Output>(rounded<Output>(total, Derived<LAYER>::shift));
      target[lane] = static_cast<std::int32_t>(LAYER::relu && raw < 0 ? 0 : raw);
    }
  }

 private:
  Accumulator sums_[kLanes] = {};
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_SUMS_HPP
