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

// Number k of an array that starts at a bit of the weight image.
template <class TYPE>
std::int32_t field(const std::uint8_t* image, std::size_t size, std::size_t offset,
                   int k) noexcept {
  const std::size_t first = offset + static_cast<std::size_t>(k) * TYPE::width;
  return from_bits<TYPE>(bit_field(image, size, first, TYPE::width));
}

// Whether an input can be other than zero.
template <class LAYER>
constexpr bool live(int input) {
  return LAYER::all_live || ((LAYER::live[input / 64] >> (input % 64)) & 1u) != 0;
}

template <class TYPE>
constexpr bool fits_16_bits() {
  return TYPE::raw_min >= -32768 && TYPE::raw_max <= 32767;
}

template <class LAYER>
constexpr bool in_pairs() {
  return ASICAE_PAIRS && fits_16_bits<typename LAYER::Input>() &&
         fits_16_bits<typename LAYER::Weight>() &&
         sizeof(typename Derived<LAYER>::Accumulator) == sizeof(std::int32_t);
}

// The kernel of one layer as plain numbers, and its products; padding and dead inputs are zero.
template <class LAYER, bool PAIRS = in_pairs<LAYER>()>
class Kernel {
  using Accumulator = typename Derived<LAYER>::Accumulator;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    for (int k = 0; k < Derived<LAYER>::kernel_count; ++k) {
      weights_[k] = field<typename LAYER::Weight>(image, size, LAYER::kernel_offset, k);
    }
  }

  // To the sums of filters first to first + COUNT - 1 at one output position.
  template <int COUNT>
  void add(Lanes<Accumulator> (&sums)[COUNT], const Row* inputs, int row, int column,
           int first) const noexcept {
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
          if (!live<LAYER>(input)) {
            continue;
          }
          const int tap = (ky * LAYER::kernel_columns + kx) * LAYER::channels + channel;
          const std::int32_t* weights = weights_ + tap * LAYER::filters + first;
          for (int filter = 0; filter < COUNT; ++filter) {
            sums[filter].add_product(inputs[input], weights[filter]);
          }
        }
      }
    }
  }

 private:
  alignas(kAlignment) std::int32_t weights_[Derived<LAYER>::kernel_count] = {};
};

#if ASICAE_PAIRS
// The same, two taps of a row of the kernel at a time.
template <class LAYER>
class Kernel<LAYER, true> {
  static constexpr int taps = LAYER::kernel_columns * LAYER::channels;  // of a row, side by side
  static constexpr int pairs = (taps + 1) / 2;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    for (int ky = 0; ky < LAYER::kernel_rows; ++ky) {
      for (int pair = 0; pair < pairs; ++pair) {
        for (int filter = 0; filter < LAYER::filters; ++filter) {
          const std::uint32_t low = weight(image, size, ky, 2 * pair, filter);
          const std::uint32_t high = weight(image, size, ky, 2 * pair + 1, filter);
          weights_[(ky * pairs + pair) * LAYER::filters + filter] =
              static_cast<std::int32_t>((low & 0xffff) | (high << 16));
        }
      }
    }
  }

  template <int COUNT>
  void add(Lanes<std::int32_t> (&sums)[COUNT], const Row* inputs, int row, int column,
           int first) const noexcept {
    const int left = column * LAYER::stride_columns - LAYER::pad_left;
    const int begin = left < 0 ? -left * LAYER::channels : 0;
    const int inside = (LAYER::columns - left) * LAYER::channels;
    const int end = inside < taps ? inside : taps;
    for (int ky = 0; ky < LAYER::kernel_rows; ++ky) {
      const int y = row * LAYER::stride_rows - LAYER::pad_top + ky;
      if (y < 0 || y >= LAYER::rows) {
        continue;
      }
      const int base = (y * LAYER::columns + left) * LAYER::channels;
      for (int pair = begin / 2; pair < (end + 1) / 2; ++pair) {
        const int low = 2 * pair, high = low + 1;
        const bool has_low = low >= begin && live<LAYER>(base + low);
        const bool has_high = high < end && live<LAYER>(base + high);
        if (!has_low && !has_high) {
          continue;
        }
        const Numbers both = joined(has_low ? inputs[base + low] : kNothing,
                                    has_high ? inputs[base + high] : kNothing);
        const std::int32_t* weights = weights_ + (ky * pairs + pair) * LAYER::filters + first;
        for (int filter = 0; filter < COUNT; ++filter) {
          sums[filter].add_products(both, weights[filter]);
        }
      }
    }
  }

 private:
  // Zero behind the last tap of a row.
  static std::uint32_t weight(const std::uint8_t* image, std::size_t size, int ky, int tap,
                              int filter) noexcept {
    const int k = (ky * taps + tap) * LAYER::filters + filter;
    return tap < taps ? static_cast<std::uint32_t>(field<typename LAYER::Weight>(
                            image, size, LAYER::kernel_offset, k))
                      : 0;
  }

  alignas(kAlignment) static constexpr Row kNothing = {};
  alignas(kAlignment) std::int32_t weights_[LAYER::kernel_rows * pairs * LAYER::filters] = {};
};
#endif

// A layer with its weights.
template <class LAYER>
class Layer {
  using Accumulator = typename Derived<LAYER>::Accumulator;
  using Output = typename LAYER::Output;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    kernel_.load(image, size);
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
  // Filters first to first + COUNT - 1 at one output position.
  template <int COUNT>
  void run_filters(const Row* inputs, Row* outputs, int row, int column,
                   int first) const noexcept {
    Lanes<Accumulator> sums[COUNT];
    kernel_.add(sums, inputs, row, column, first);
    for (int filter = 0; filter < COUNT; ++filter) {
      const Accumulator bias = bias_[first + filter];
      sums[filter].put(outputs[first + filter], [bias](auto sum) { return output(sum, bias); });
    }
  }

  template <class NUMBER>
  static NUMBER output(NUMBER sum, Accumulator bias) noexcept {
    const NUMBER total = sum * (Accumulator{1} << Derived<LAYER>::product_shift) + bias;
    const NUMBER raw = overflowed<Output>(rounded<Output>(total, Derived<LAYER>::shift));
    return LAYER::relu ? at_least(raw, NUMBER{}) : raw;
  }

  Kernel<LAYER> kernel_;
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
