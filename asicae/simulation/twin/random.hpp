// SPDX-License-Identifier: Apache-2.0
//
// Numbers drawn for the host and the upsets, the same on every machine.

#pragma once

#include <cstdint>

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  // 0 to count - 1 (xorshift64*, S. Vigna, ACM TOMS 42 (2016) 30).
  uint32_t below(uint32_t count) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return uint32_t((state_ * 0x2545F4914F6CDD1Dull >> 32) * count >> 32);
  }

 private:
  uint64_t state_;
};
