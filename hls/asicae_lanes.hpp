// SPDX-License-Identifier: Apache-2.0
//
// Events side by side: as many as a vector register holds 32-bit integers. Where two numbers of 16
// bits share a lane, one instruction multiplies both and adds the products (pmaddwd of x86).

#ifndef ASICAE_LANES_HPP
#define ASICAE_LANES_HPP

#include <cstddef>
#include <cstdint>
#include <utility>

#include "asicae_processor.hpp"

#if ASICAE_PAIRS
#include <immintrin.h>
#endif

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

#if ASICAE_VECTORS
typedef std::int32_t Numbers __attribute__((vector_size(sizeof(Row))));

inline Numbers loaded(const std::int32_t* numbers) noexcept {
  Numbers found;
  __builtin_memcpy(&found, numbers, sizeof found);
  return found;
}

// Of a square in a and b: blocks of HALF columns change places, the right ones of a with the left
// ones of b.
template <int HALF, int... LANE>
inline void exchange(Numbers& a, Numbers& b, std::integer_sequence<int, LANE...>) noexcept {
#if defined(__clang__)
  const Numbers low =
      __builtin_shufflevector(a, b, ((LANE & HALF) ? kLanes + LANE - HALF : LANE)...);
  b = __builtin_shufflevector(a, b, ((LANE & HALF) ? kLanes + LANE : LANE + HALF)...);
#else
  const Numbers low =
      __builtin_shuffle(a, b, Numbers{((LANE & HALF) ? kLanes + LANE - HALF : LANE)...});
  b = __builtin_shuffle(a, b, Numbers{((LANE & HALF) ? kLanes + LANE : LANE + HALF)...});
#endif
  a = low;
}

template <int HALF>
inline void transpose(Numbers* square) noexcept {
  if constexpr (HALF < kLanes) {
    for (int row = 0; row < kLanes; ++row) {
      if ((row & HALF) == 0) {
        exchange<HALF>(square[row], square[row + HALF],
                       std::make_integer_sequence<int, kLanes>{});
      }
    }
    transpose<2 * HALF>(square);
  }
}
#endif

// kLanes numbers of each of kLanes events that stand `stride` apart: a row of each number.
inline void to_rows(const std::int32_t* numbers, int stride, Row* rows) noexcept {
#if ASICAE_VECTORS
  Numbers square[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) {
    square[lane] = loaded(numbers + lane * stride);
  }
  transpose<1>(square);
  __builtin_memcpy(rows, square, sizeof square);
#else
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int number = 0; number < kLanes; ++number) {
      rows[number][lane] = numbers[lane * stride + number];
    }
  }
#endif
}

#if ASICAE_PAIRS
// Two numbers of 16 bits a lane, the first one low.
inline Numbers joined(const Row& first, const Row& second) noexcept {
  return (loaded(first) & 0xffff) | (loaded(second) << 16);
}

// In every lane the sum of both products.
inline Numbers products(Numbers a, Numbers b) noexcept {
#if defined(__AVX512BW__)
  return (Numbers)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Numbers)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
  return (Numbers)_mm_madd_epi16((__m128i)a, (__m128i)b);
#endif
}
#endif

// Accumulators of one output for all lanes.
#if ASICAE_VECTORS
template <class INTEGER>
struct Lanes {
  typedef INTEGER Vector __attribute__((vector_size(sizeof(INTEGER) * kLanes)));
  Vector sums = {};

  void add_product(const Row& inputs, std::int32_t weight) {
    sums += __builtin_convertvector(loaded(inputs), Vector) * static_cast<INTEGER>(weight);
  }
#if ASICAE_PAIRS
  void add_products(Numbers pairs, std::int32_t weights) {
    sums += products(pairs, weights - Numbers{});
  }
#endif
  // What a function makes of the sums.
  template <class FUNCTION>
  void put(Row& target, FUNCTION function) const {
    if constexpr (sizeof sums == sizeof target) {
      const Numbers found = function(sums);
      __builtin_memcpy(target, &found, sizeof found);
    } else {  // twice a register: no function takes one in every set of instructions
      for (int lane = 0; lane < kLanes; ++lane) {
        target[lane] = static_cast<std::int32_t>(function(sums[lane]));
      }
    }
  }
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
  template <class FUNCTION>
  void put(Row& target, FUNCTION function) const {
    for (int lane = 0; lane < kLanes; ++lane) {
      target[lane] = static_cast<std::int32_t>(function(sums[lane]));
    }
  }
};
#endif

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_LANES_HPP
