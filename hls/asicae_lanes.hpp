// SPDX-License-Identifier: Apache-2.0
//
// Events side by side: as many as a vector register holds 32-bit integers.

#ifndef ASICAE_LANES_HPP
#define ASICAE_LANES_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_processor.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
constexpr std::size_t kAlignment = 64;

// A row of numbers, one an event.
using Row = std::int32_t[kLanes];

// Accumulators of one output for all lanes.
#if ASICAE_VECTORS
template <class INTEGER>
struct Lanes {
  typedef INTEGER Vector __attribute__((vector_size(sizeof(INTEGER) * kLanes)));
  Vector sums = {};

  void add_product(const Row& inputs, std::int32_t weight) {
    typedef std::int32_t Inputs __attribute__((vector_size(sizeof(Row))));
    Inputs loaded;
    __builtin_memcpy(&loaded, inputs, sizeof loaded);
    sums += __builtin_convertvector(loaded, Vector) * static_cast<INTEGER>(weight);
  }
  INTEGER at(int lane) const { return sums[lane]; }
};
#else
template <class INTEGER>
struct Lanes {
  INTEGER sums[kLanes] = {};

  void add_product(const Row& inputs, std::int32_t weight) {
    for (int lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<INTEGER>(inputs[lane]) * weight;
    }
  }
  INTEGER at(int lane) const { return sums[lane]; }
};
#endif

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_LANES_HPP
