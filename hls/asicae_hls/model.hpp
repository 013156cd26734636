// SPDX-License-Identifier: Apache-2.0
//
// The top function as software: the calls of the integer emulator, executed by the HLS types.
// For simulation only; synthesis starts at the top function.

#ifndef ASICAE_HLS_MODEL_HPP
#define ASICAE_HLS_MODEL_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_status.hpp"
#include "normaliser.hpp"
#include "weights.hpp"

namespace asicae {
namespace hls {

// CHIP is the generated description of a top function. Calls and statuses are those of
// asicae::Encoder.
template <class CHIP>
class Model {
  using Network = typename CHIP::Network;
  using Latent = typename Network::Latent;

 public:
  static constexpr int cells = kCells;
  static constexpr int latents = Network::latents;
  static constexpr std::size_t image_bytes = Network::image_bytes;
  static constexpr std::size_t keep_bytes = asicae::keep_bytes<Network>();

  Model() {
    for (int i = 0; i < latents; ++i) {
      weights_.keep[i] = (1 << Latent::width) - 1;
    }
  }

  Status load(const std::uint8_t* image, std::size_t size, std::uint32_t crc) {
    const Status status = check_image<Network>(image, size, crc);
    if (status == Status::ok) {
      CHIP::load(image, weights_);
      loaded_ = true;
    }
    return status;
  }

  Status set_keep(const std::uint8_t* bytes, std::size_t size) {
    const Status status = check_keep<Network>(bytes, size);
    if (status != Status::ok) {
      return status;
    }
    for (int i = 0; i < latents; ++i) {
      weights_.keep[i] =
          field<Latent::width>(bytes, static_cast<std::size_t>(i) * Latent::width);
    }
    return Status::ok;
  }

  Status encode(const std::int32_t* calq, std::size_t events, std::uint16_t* latent_bits,
                std::uint16_t* sums) const {
    const Status status = check_call(loaded_, calq, events, latent_bits, sums);
    if (status != Status::ok) {
      return status;
    }
    for (std::size_t event = 0; event < events; ++event) {
      Charge charges[kCells];
      for (int cell = 0; cell < kCells; ++cell) {
        const std::int32_t charge = calq[event * kCells + static_cast<std::size_t>(cell)];
        if (charge < 0 || (charge >> kCalqBits) != 0) {
          return Status::calq_out_of_range;
        }
        charges[cell] = charge;
      }
      Integer<Latent::width, false> packed[latents];
      Sum sum = 0;
      CHIP::top(charges, weights_, packed, sum);
      for (int i = 0; i < latents; ++i) {
        latent_bits[event * latents + static_cast<std::size_t>(i)] = number(packed[i]);
      }
      sums[event] = number(sum);
    }
    return Status::ok;
  }

 private:
  template <class INTEGER>
  static std::uint16_t number(const INTEGER& value) {
    return static_cast<std::uint16_t>(value.to_uint());
  }

  typename CHIP::Weights weights_;
  bool loaded_ = false;
};

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_MODEL_HPP
