// SPDX-License-Identifier: Apache-2.0
//
// What layers that are no chain need: room for the outputs of all of them, and several inputs side
// by side.

#ifndef ASICAE_GRAPH_HPP
#define ASICAE_GRAPH_HPP

#include <cstdint>

#include "asicae_lanes.hpp"
#include "asicae_layers.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

// COUNT rows while it lives: on the stack, or, where they are too many for it, one array a thread
// for each OWNER, whose calls do not nest.
template <int COUNT, class OWNER, bool ON_STACK = (COUNT <= 8192)>
class Rows {
 public:
  Row* begin() noexcept { return rows_; }

 private:
  alignas(kAlignment) Row rows_[COUNT];
};

template <int COUNT, class OWNER>
class Rows<COUNT, OWNER, false> {
 public:
  Row* begin() noexcept {
    alignas(kAlignment) static thread_local Row rows[COUNT];
    return rows;
  }
};

// COUNT outputs of a node as inputs OFFSET and following of a layer, in units of its input type.
template <class LAYER, int OFFSET, int COUNT, int SHIFT>
void join(const Row* source, Row* inputs) noexcept {
  for (int k = 0; k < COUNT; ++k) {
    for (int lane = 0; lane < kLanes; ++lane) {
      inputs[OFFSET + k][lane] =
          live<LAYER>(OFFSET + k) ? source[k][lane] * (std::int32_t{1} << SHIFT) : 0;
    }
  }
}

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_GRAPH_HPP
