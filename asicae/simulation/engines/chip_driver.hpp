// SPDX-License-Identifier: Apache-2.0
//
// Batch driver of a verilated asicae_top: I2C host, backdoor to the stored weights, and a stream of
// one event a bunch crossing. The file that includes it (chip_driver.py) defines what depends on the
// chip: the constants of its ports and timing, and poke_copies, which sets all copies of the words
// of the weight bank and of the bytes of the keep mask.
// Every chip has a context of its own, so that chips may run in different threads.

#include <cstdint>
#include <cstring>
#include <memory>

#include "Vasicae_top.h"
#include "Vasicae_top___024root.h"
#include "chip_host.hpp"
#include "verilated.h"

// Computes all that is combinational from the registers; Verilator calls it before the first
// evaluation, and here it makes what was written behind its back take effect.
void Vasicae_top___024root___eval_settle(Vasicae_top___024root* root);

namespace {

class Chip : public I2cHost<Chip> {
 public:
  Chip() {
    enter();
    context_.threads(1);
    top_.reset(new Vasicae_top(&context_, "top"));
    reset();
  }

  ~Chip() {
    enter();
    top_->final();
    top_.reset();
  }

  // Verilator looks for the context of a chip in the thread that it is called from, and there it
  // finds that of the chip called before, which may be gone: to be called before all else.
  Chip* enter() {
    Verilated::threadContextp(&context_);
    return this;
  }

  void reset() {
    scl_ = sda_ = true;
    top_->valid_i = 0;
    std::memset(&top_->calq_i, 0, sizeof(top_->calq_i));
    top_->rst_ni = 0;
    wait(4);
    top_->rst_ni = 1;
    wait(kIdle);
  }

  // The three copies of every stored bit, as if the bytes had come through I2C.
  void poke(const uint32_t* words, const uint8_t* keep) {
    poke_copies(*top_->rootp, words, keep);
    Vasicae_top___024root___eval_settle(top_->rootp);
  }

  void tick() {
    top_->scl_i = scl_;
    top_->sda_i = sda_ && !top_->sda_oe_o;
    clock_up(*top_);
    clock_down(*top_);
  }

  bool wire() const { return top_->sda_i; }

  // Streams the events; returns the clocks in which valid_o was not as expected or a copy of a
  // register disagreed.
  long stream(const int32_t* calq, long events, uint16_t* latents, uint16_t* sums) {
    long faults = 0;
    for (long edge = 0; edge < events + kLatency; edge++) {
      top_->valid_i = edge < events;
      if (edge < events) pack_charges(calq + kCells * edge, top_->calq_i.data());
      clock_up(*top_);
      // Sampled by the receiver at the next edge: kLatency after the one that sampled the event.
      const long done = edge + 1 - kLatency;
      const bool expected = done >= 0 && done < events;
      faults += bool(top_->valid_o) != expected || top_->tmr_error_o;
      if (expected) {
        get_latents(latents + kLatents * done);
        sums[done] = uint16_t(top_->sum_o);
      }
      clock_down(*top_);
    }
    return faults;
  }

 private:
  void get_latents(uint16_t* latents) const {
    // Room behind the port, so that a latent of the last bits can be read as four bytes.
    uint8_t bytes[sizeof(top_->latent_o) + 4] = {};
    std::memcpy(bytes, &top_->latent_o, sizeof(top_->latent_o));
    for (int i = 0; i < kLatents; i++) {
      uint32_t window;
      std::memcpy(&window, bytes + kLatentBits * i / 8, sizeof(window));
      latents[i] = uint16_t(window >> kLatentBits * i % 8 & ((1u << kLatentBits) - 1));
    }
  }

  VerilatedContext context_;
  std::unique_ptr<Vasicae_top> top_;
};

}  // namespace

extern "C" {
Chip* chip_new() { return new Chip; }
void chip_delete(Chip* chip) { delete chip; }
void chip_reset(Chip* chip) { chip->enter()->reset(); }
void chip_wait(Chip* chip, long clocks) { chip->enter()->wait(clocks); }
void chip_poke(Chip* chip, const uint32_t* words, const uint8_t* keep) { chip->enter()->poke(words, keep); }
int chip_write(Chip* chip, int address, const uint8_t* data, int count) {
  return chip->enter()->write(address, data, count);
}
int chip_read(Chip* chip, int address, uint8_t* data, int count) {
  return chip->enter()->read(address, data, count);
}
long chip_stream(
    Chip* chip, const int32_t* calq, long events, uint16_t* latents, uint16_t* sums) {
  return chip->enter()->stream(calq, events, latents, sums);
}
}
