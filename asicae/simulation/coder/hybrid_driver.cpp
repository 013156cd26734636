// SPDX-License-Identifier: Apache-2.0
//
// Loads weights into a verilated encoder through I2C, then streams clocks through it; see stream.hpp
// and chip_host.hpp. chip.hpp has the constants of its chip (chip_driver.py). What a model that counts has
// counted goes to the file coverage.

#include <algorithm>
#include <vector>

#include "Vasicae_hybrid_choice.h"
#include "chip.hpp"
#include "chip_host.hpp"
#include "stream.hpp"
#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace {

constexpr int kReset = 8;        // clocks
constexpr int kPatience = 1000;  // reads until a register has to have its value

class Encoder : public I2cHost<Encoder> {
 public:
  Encoder() : top_(context(), "top") {
    idle(top_);
    top_.rst_ni = 0;
    wait(kReset);
    top_.rst_ni = 1;
    wait(kIdle);
  }

  ~Encoder() { top_.final(); }

  void write_coverage(const char* coverage) {
#if VM_COVERAGE
    context_.coveragep()->write(coverage);
#else
    (void)coverage;
#endif
  }

  void tick() {
    top_.scl_i = scl_;
    top_.sda_i = sda_ && !top_.sda_oe_o;
    clock_up(top_);
    clock_down(top_);
  }

  bool wire() const { return top_.sda_i; }

  // Writes the bytes, or reads until they are there; false where they are not taken, or never come.
  bool transfer(bool expected, int address, const uint8_t* data, int count) {
    if (!expected) return write(address, data, count) == 3 + count;
    std::vector<uint8_t> found(count);
    for (int tries = 0; tries < kPatience; tries++) {
      if (read(address, found.data(), count) != 4) return false;
      if (std::equal(found.begin(), found.end(), data)) return true;
    }
    return false;
  }

  // After an up a down leaves nothing to settle but what enters.
  void run(const uint32_t* in, uint32_t* out, size_t clocks) {
    stream(top_, in, out, clocks, [this] { top_.eval(); }, [this] {
      clock_up(top_);
      clock_down(top_);
    });
  }

 private:
  VerilatedContext* context() {
    Verilated::threadContextp(&context_);
    context_.threads(1);
    return &context_;
  }

  VerilatedContext context_;
  Vasicae_hybrid_choice top_;
};

}  // namespace

// A transfer is three numbers, whether it is expected, its address and how many bytes it has, and its
// bytes lie behind those of the one before. Returns the number of the first that fails, or of all.
extern "C" int asicae_load_and_stream(
    const int32_t* transfers, int count, const uint8_t* data, const uint32_t* in, uint32_t* out,
    size_t clocks, const char* coverage) {
  Encoder encoder;
  for (int number = 0; number < count; number++, transfers += 3) {
    if (!encoder.transfer(transfers[0], transfers[1], data, transfers[2])) return number;
    data += transfers[2];
  }
  encoder.run(in, out, clocks);
  encoder.write_coverage(coverage);
  return count;
}
