// SPDX-License-Identifier: Apache-2.0
//
// Gain and bias a channel in the emulator.

#ifndef ASICAE_GAIN_HPP
#define ASICAE_GAIN_HPP

#include "asicae_layers.hpp"

namespace asicae {
inline namespace ASICAE_PROCESSOR {
namespace emulator {

template <class LAYER>
class Gain {
  using Accumulator = typename Derived<LAYER>::Accumulator;
  using Output = typename LAYER::Output;

 public:
  void load(const std::uint8_t* image, std::size_t size) noexcept {
    for (int k = 0; k < LAYER::channels; ++k) {
      gain_[k] = field<typename LAYER::Weight>(image, size, LAYER::kernel_offset, k) *
                 (std::int64_t{1} << Derived<LAYER>::product_shift);
      bias_[k] = field<typename LAYER::Bias>(image, size, LAYER::bias_offset, k) *
                 (std::int64_t{1} << Derived<LAYER>::bias_shift);
    }
  }

  void run(const Row* inputs, Row* outputs) const noexcept {
    for (int value = 0; value < LAYER::values; ++value) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const std::int64_t input = live<LAYER>(value) ? inputs[value][lane] : 0;
        const int channel = value % LAYER::channels;
        outputs[value][lane] = output(input * gain_[channel] + bias_[channel]);
      }
    }
  }

 private:
  static std::int32_t output(std::int64_t sum) noexcept {
    const auto total = static_cast<Accumulator>(sum);
    const Accumulator raw = overflowed<Output>(rounded<Output>(total, Derived<LAYER>::shift));
    return static_cast<std::int32_t>(LAYER::relu && raw < 0 ? 0 : raw);
  }

  std::int64_t gain_[LAYER::channels] = {};
  std::int64_t bias_[LAYER::channels] = {};
};

}  // namespace emulator
}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_GAIN_HPP
