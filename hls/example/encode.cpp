// SPDX-License-Identifier: Apache-2.0
//
// How detector software uses an exported encoder: load a weight image, encode a batch of modules.
//
//   encode IMAGE CRC CALQ
//
// IMAGE is the .bin of `asicae weights pack`, CRC its CRC-32 in hexadecimal, CALQ a file of
// int32[events][48] in AE order. Prints one line an event: the module sum, then the latents.

#include <asicae_encoder.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using Encoder = asicae::ASICAE_NETWORK::Encoder;

template <class T>
bool read_file(const char* path, std::vector<T>& data) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    return false;
  }
  T value;
  while (std::fread(&value, sizeof value, 1, file) == 1) {
    data.push_back(value);
  }
  std::fclose(file);
  return true;
}

int refused(const char* what, const char* why) {
  std::fprintf(stderr, "encode: %s: %s\n", what, why);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    return refused("arguments", "allowed are IMAGE CRC CALQ");
  }
  std::vector<std::uint8_t> image;
  std::vector<std::int32_t> calq;
  if (!read_file(argv[1], image) || !read_file(argv[3], calq)) {
    return refused("files", "cannot be read");
  }
  char* end = nullptr;
  const auto crc = static_cast<std::uint32_t>(std::strtoul(argv[2], &end, 16));
  if (end == argv[2] || *end != '\0') {
    return refused(argv[2], "not a hexadecimal number");
  }
  if (calq.size() % Encoder::cells != 0) {
    return refused(argv[3], "not a whole number of events");
  }
  static Encoder encoder;  // a large one need not fit the stack
  asicae::Status status = encoder.load(image.data(), image.size(), crc);
  if (status != asicae::Status::ok) {
    return refused(argv[1], asicae::message(status));
  }
  const std::size_t events = calq.size() / Encoder::cells;
  std::vector<std::uint16_t> latents(events * Encoder::latents), sums(events);
  status = encoder.encode(calq.data(), events, latents.data(), sums.data());
  if (status != asicae::Status::ok) {
    return refused(argv[3], asicae::message(status));
  }
  for (std::size_t event = 0; event < events; ++event) {
    std::printf("%" PRIu16, sums[event]);
    for (int i = 0; i < Encoder::latents; ++i) {
      std::printf(" %" PRIu16, latents[event * Encoder::latents + static_cast<std::size_t>(i)]);
    }
    std::printf("\n");
  }
  return 0;
}
