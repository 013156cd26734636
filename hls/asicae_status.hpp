// SPDX-License-Identifier: Apache-2.0
//
// What a call answers, and what is asked of the bytes and arrays that it gets. Shared by the
// emulator and by the software model of the templates, so that both refuse the same.

#ifndef ASICAE_STATUS_HPP
#define ASICAE_STATUS_HPP

#include <cstddef>
#include <cstdint>

#include "asicae_processor.hpp"

namespace asicae {

enum class Status : int {
  ok = 0,
  null_pointer,      // an argument is a null pointer
  wrong_size,        // image or keep mask has another number of bytes
  wrong_crc,         // the image is not the one that the CRC was taken of
  spare_bits,        // bits behind the last weight are set
  not_loaded,        // encode before a successful load
  calq_out_of_range  // a charge is negative or has more than 22 bits
};

inline namespace ASICAE_PROCESSOR {

constexpr const char* message(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::null_pointer:
      return "null pointer";
    case Status::wrong_size:
      return "wrong number of bytes";
    case Status::wrong_crc:
      return "the CRC of the weight image is another";
    case Status::spare_bits:
      return "spare bits of the weight image are set";
    case Status::not_loaded:
      return "no weight image is loaded";
    case Status::calq_out_of_range:
      return "a charge is outside 0 to 4194303";
  }
  return "unknown status";
}

// CRC-32 as zlib computes it.
inline std::uint32_t crc32(const std::uint8_t* data, std::size_t size) noexcept {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
    }
  }
  return ~crc;
}

// Bytes of register KEEP.
template <class NETWORK>
constexpr std::size_t keep_bytes() {
  return (static_cast<std::size_t>(NETWORK::latents) * NETWORK::Latent::width + 7) / 8;
}

// A weight image (register WEIGHTS) whose CRC-32 is to be crc.
template <class NETWORK>
Status check_image(const std::uint8_t* image, std::size_t size, std::uint32_t crc) noexcept {
  if (image == nullptr) {
    return Status::null_pointer;
  }
  if (size != NETWORK::image_bytes) {
    return Status::wrong_size;
  }
  if (crc32(image, size) != crc) {
    return Status::wrong_crc;
  }
  constexpr std::size_t used = NETWORK::weight_bits % 8;
  if (used != 0 && (image[size - 1] >> used) != 0) {
    return Status::spare_bits;
  }
  return Status::ok;
}

// A keep mask (register KEEP); spare bits of its last byte mean nothing.
template <class NETWORK>
Status check_keep(const std::uint8_t* bytes, std::size_t size) noexcept {
  if (bytes == nullptr) {
    return Status::null_pointer;
  }
  return size == keep_bytes<NETWORK>() ? Status::ok : Status::wrong_size;
}

// What encode() is called with; without events no array is looked at.
inline Status check_call(bool loaded, const std::int32_t* calq, std::size_t events,
                         const std::uint16_t* latents, const std::uint16_t* sums) noexcept {
  if (!loaded) {
    return Status::not_loaded;
  }
  const bool missing = calq == nullptr || latents == nullptr || sums == nullptr;
  return events != 0 && missing ? Status::null_pointer : Status::ok;
}

}  // namespace ASICAE_PROCESSOR
}  // namespace asicae

#endif  // ASICAE_STATUS_HPP
