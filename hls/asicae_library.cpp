// SPDX-License-Identifier: Apache-2.0
//
// C entry points of one encoder, for callers from other languages. ASICAE_ENCODER is its class,
// such as asicae::network_econ_t::Encoder, and ASICAE_HEADER the header with it, in quotes.
// Status is returned as its number; without an encoder it is null_pointer.

#include <cstddef>
#include <cstdint>
#include <new>

#include ASICAE_HEADER

using Encoder = ASICAE_ENCODER;

namespace {

constexpr int kNoEncoder = static_cast<int>(asicae::Status::null_pointer);

}  // namespace

extern "C" {

// Null where there is no memory. To be given to asicae_destroy once, which takes null too.
Encoder* asicae_create() { return new (std::nothrow) Encoder; }

void asicae_destroy(Encoder* encoder) { delete encoder; }

int asicae_load(Encoder* encoder, const std::uint8_t* image, std::size_t size, std::uint32_t crc) {
  return encoder == nullptr ? kNoEncoder : static_cast<int>(encoder->load(image, size, crc));
}

int asicae_set_keep(Encoder* encoder, const std::uint8_t* bytes, std::size_t size) {
  return encoder == nullptr ? kNoEncoder : static_cast<int>(encoder->set_keep(bytes, size));
}

int asicae_encode(const Encoder* encoder, const std::int32_t* calq, std::size_t events,
                  std::uint16_t* latents, std::uint16_t* sums) {
  return encoder == nullptr ? kNoEncoder
                            : static_cast<int>(encoder->encode(calq, events, latents, sums));
}

const char* asicae_message(int status) {
  return asicae::message(static_cast<asicae::Status>(status));
}

}  // extern "C"
