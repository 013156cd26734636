// SPDX-License-Identifier: Apache-2.0
//
// Vectors of a test bench: a file of little-endian words, written by `asicae export-hls`.
//   "ASAEVEC1", design hash, CRC, bytes of the image, of the keep mask, events (32 bits each),
//   image, keep mask, CALQ int32[events][48], latents uint16[events][n], sums uint16[events].
// For simulation only.

#ifndef ASICAE_HLS_VECTORS_HPP
#define ASICAE_HLS_VECTORS_HPP

#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "model.hpp"

namespace asicae {
namespace hls {

class VectorFile {
 public:
  explicit VectorFile(const char* path) : file_(std::fopen(path, "rb")) {}
  ~VectorFile() {
    if (file_ != nullptr) {
      std::fclose(file_);
    }
  }
  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  template <class T>
  bool read(T* data, std::size_t count) {
    return file_ != nullptr && std::fread(data, sizeof(T), count, file_) == count;
  }

  bool at_end() { return std::fgetc(file_) == EOF && std::ferror(file_) == 0; }

 private:
  std::FILE* file_;
};

struct VectorHeader {
  char magic[8];
  std::uint32_t design_hash, crc, image_bytes, keep_bytes, events;
};

// Words that differ, with a line for the first ones.
inline unsigned compare(const char* what, std::size_t event, const std::uint16_t* found,
                        const std::uint16_t* expected, int count, unsigned before) {
  unsigned wrong = 0;
  for (int i = 0; i < count; ++i) {
    if (found[i] != expected[i]) {
      if (before + wrong < 5) {
        std::printf("event %zu, %s %d: found %u, expected %u\n", event, what, i,
                    static_cast<unsigned>(found[i]), static_cast<unsigned>(expected[i]));
      }
      ++wrong;
    }
  }
  return wrong;
}

inline int refused(const char* path, const char* why) {
  std::fprintf(stderr, "%s: %s\n", path, why);
  return 2;
}

template <class CHIP>
int check_vectors(const char* path) {
  using Tested = Model<CHIP>;
  VectorFile file(path);
  VectorHeader header;
  if (!file.read(&header, 1) || std::memcmp(header.magic, "ASAEVEC1", 8) != 0) {
    return refused(path, "no file of vectors");
  }
  if (header.design_hash != CHIP::Network::design_hash) {
    return refused(path, "vectors of another design");
  }
  if (header.image_bytes != Tested::image_bytes || header.keep_bytes != Tested::keep_bytes) {
    return refused(path, "image or keep mask of another size");
  }
  if (header.events == 0) {
    return refused(path, "no events, so nothing is compared");
  }
  std::vector<std::uint8_t> image(header.image_bytes), keep(header.keep_bytes);
  const auto model = std::make_unique<Tested>();
  if (!file.read(image.data(), image.size()) || !file.read(keep.data(), keep.size())) {
    return refused(path, "shorter than its header says");
  }
  const Status status = model->load(image.data(), image.size(), header.crc);
  if (status != Status::ok) {
    return refused(path, message(status));
  }
  // Of the right size, so it is taken.
  model->set_keep(keep.data(), keep.size());
  const std::size_t events = header.events;
  std::vector<std::int32_t> calq;
  std::vector<std::uint16_t> latents, sums;
  // Grows with what is read, so that a damaged header takes no memory.
  for (std::size_t event = 0; event < events; ++event) {
    calq.resize(calq.size() + kCells);
    if (!file.read(&calq[event * kCells], kCells)) {
      return refused(path, "shorter than its header says");
    }
  }
  latents.resize(events * Tested::latents);
  sums.resize(events);
  if (!file.read(latents.data(), latents.size()) || !file.read(sums.data(), sums.size())) {
    return refused(path, "shorter than its header says");
  }
  if (!file.at_end()) {
    return refused(path, "longer than its header says");
  }
  unsigned wrong = 0;
  std::vector<std::uint16_t> found(Tested::latents);
  for (std::size_t event = 0; event < events; ++event) {
    std::uint16_t sum = 0;
    const Status answer = model->encode(&calq[event * kCells], 1, found.data(), &sum);
    if (answer != Status::ok) {
      return refused(path, message(answer));
    }
    wrong += compare("latent", event, found.data(), &latents[event * Tested::latents],
                     Tested::latents, wrong);
    wrong += compare("sum", event, &sum, &sums[event], 1, wrong);
  }
  std::printf("words=%zu sums=%zu mismatches=%u\n", latents.size(), sums.size(), wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_VECTORS_HPP
