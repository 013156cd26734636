// SPDX-License-Identifier: Apache-2.0
//
// Layers of a network: weights from the image, then sums, rounding, overflow and ReLU of many
// events side by side. A dense layer is a convolution of one pixel.

#ifndef ASICAE_LAYERS_HPP
#define ASICAE_LAYERS_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "asicae_lanes.hpp"
#include "asicae_rounding.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

constexpr int kGroup = 8;  // outputs whose accumulators are held in registers together

// One field of a little-endian bit string. Width is at most 16, so it lies in three bytes.
inline std::uint32_t bit_field(const std::uint8_t* bytes, std::size_t size, std::size_t first,
                               int width) noexcept {
  std::uint32_t word = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t place = first / 8 + k;
    word |= (place < size ? static_cast<std::uint32_t>(bytes[place]) : 0u) << (8 * k);
  }
  return (word >> (first % 8)) & ((1u << width) - 1);
}

template <class TYPE>
constexpr std::int32_t from_bits(std::uint32_t bits) {
  const bool negative = TYPE::raw_min < 0 && (bits >> (TYPE::width - 1)) != 0;
  return static_cast<std::int32_t>(bits) - (negative ? std::int32_t{1} << TYPE::width : 0);
}

constexpr int smaller(int a, int b) { return a < b ? a : b; }

// What follows from the description of a layer.
template <class LAYER>
struct Derived {
  // A spare bit leaves room for the largest shift below.
  using Accumulator =
      std::conditional_t<(LAYER::accumulator_width <= 30), std::int32_t, std::int64_t>;
  // A number of N bits shifted by N + 1 or more is rounded to what N + 1 gives.
  static constexpr int shift = smaller(LAYER::shift, LAYER::accumulator_width + 1);
  // Where this cuts, every product is zero.
  static constexpr int product_shift = smaller(LAYER::product_shift, LAYER::accumulator_width);
  static constexpr int bias_shift = smaller(LAYER::bias_shift, LAYER::accumulator_width);
  static constexpr int kernel_count =
      LAYER::kernel_rows * LAYER::kernel_columns * LAYER::channels * LAYER::filters;
};

// Weights of one layer as plain numbers, and the layer itself.
template <class LAYER>
class Layer {
  using Accumulator = typename Derived<LAYER>::Accumulator;
  using Output = typename LAYER::Output;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    for (int k = 0; k < Derived<LAYER>::kernel_count; ++k) {
      kernel_[k] = field<typename LAYER::Weight>(image, size, LAYER::kernel_offset, k);
    }
    for (int k = 0; k < LAYER::filters; ++k) {
      bias_[k] = static_cast<Accumulator>(
          field<typename LAYER::Bias>(image, size, LAYER::bias_offset, k) *
          (std::int64_t{1} << Derived<LAYER>::bias_shift));
    }
  }

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int row = 0; row < LAYER::output_rows; ++row) {
      for (int column = 0; column < LAYER::output_columns; ++column) {
        Row* position = outputs + (row * LAYER::output_columns + column) * LAYER::filters;
        constexpr int whole = LAYER::filters / kGroup * kGroup;
        for (int first = 0; first < whole; first += kGroup) {
          run_filters<kGroup>(inputs, position, row, column, first);
        }
        if constexpr (whole < LAYER::filters) {
          run_filters<LAYER::filters - whole>(inputs, position, row, column, whole);
        }
      }
    }
  }

 private:
  template <class TYPE>
  static std::int32_t field(const std::uint8_t* image, std::size_t size, std::size_t offset,
                            int k) noexcept {
    const std::size_t first = offset + static_cast<std::size_t>(k) * TYPE::width;
    return from_bits<TYPE>(bit_field(image, size, first, TYPE::width));
  }

  static constexpr bool live(int input) {
    return LAYER::all_live || ((LAYER::live[input / 64] >> (input % 64)) & 1u) != 0;
  }

  // Filters first to first + COUNT - 1 at one output position; padding and dead cells are zero.
  template <int COUNT>
  void run_filters(const Row* inputs, Row* outputs, int row, int column,
                   int first) const noexcept {
    Lanes<Accumulator> sums[COUNT];
    for (int ky = 0; ky < LAYER::kernel_rows; ++ky) {
      const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
      if (y < 0 || y >= LAYER::rows) {
        continue;
      }
      for (int kx = 0; kx < LAYER::kernel_columns; ++kx) {
        const int x = column * LAYER::stride_columns - LAYER::pad_left + kx;
        if (x < 0 || x >= LAYER::columns) {
          continue;
        }
        for (int channel = 0; channel < LAYER::channels; ++channel) {
          const int input = (y * LAYER::columns + x) * LAYER::channels + channel;
          if (!live(input)) {
            continue;
          }
          const int tap = (ky * LAYER::kernel_columns + kx) * LAYER::channels + channel;
          const std::int32_t* weights = kernel_ + tap * LAYER::filters + first;
          for (int filter = 0; filter < COUNT; ++filter) {
            sums[filter].add_product(inputs[input], weights[filter]);
          }
        }
      }
    }
    for (int filter = 0; filter < COUNT; ++filter) {
      for (int lane = 0; lane < kLanes; ++lane) {
        outputs[first + filter][lane] = output(sums[filter].at(lane), bias_[first + filter]);
      }
    }
  }

  static std::int32_t output(Accumulator sum, Accumulator bias) noexcept {
    const Accumulator total =
        sum * (Accumulator{1} << Derived<LAYER>::product_shift) + bias;
    const Accumulator raw = overflowed<Output>(rounded<Output>(total, Derived<LAYER>::shift));
    return static_cast<std::int32_t>(LAYER::relu && raw < 0 ? 0 : raw);
  }

  alignas(kAlignment) std::int32_t kernel_[Derived<LAYER>::kernel_count] = {};
  alignas(kAlignment) Accumulator bias_[LAYER::filters] = {};
};

// The layers of a network, first to last; each writes where the one before it read.
template <class... LAYERS>
class Chain;

template <>
class Chain<> {
 public:
  void load(const std::uint8_t*, std::size_t) noexcept {}
  const Row* run(const Row* inputs, Row*, Row*) const noexcept { return inputs; }
};

template <class FIRST, class... REST>
class Chain<FIRST, REST...> {
 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    first_.load(image, size);
    rest_.load(image, size);
  }
  const Row* run(const Row* inputs, Row* target, Row* spare) const noexcept {
    first_.run(inputs, target);
    return rest_.run(target, spare, target);
  }

 private:
  Layer<FIRST> first_;
  Chain<REST...> rest_;
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_LAYERS_HPP
