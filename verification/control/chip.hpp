// SPDX-License-Identifier: Apache-2.0
//
// The verilated control with the models beside it, compared at every clock. vectors.hpp lists its
// flip-flops, vector by vector.

#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "Vcontrol.h"
#include "Vcontrol___024root.h"
#include "model.hpp"
#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

void Vcontrol___024root___eval_settle(Vcontrol___024root* root);

struct Vector {
  const char* name;
  uint8_t* data;
  int bits;
};

template <class T>
Vector vector_of(const char* name, T& held, int bits) {
  return {name, reinterpret_cast<uint8_t*>(&held), bits};
}

#include "vectors.hpp"

// One bit of a vector, turned over.
class Flip {
 public:
  Flip(const Vector& hit, int bit) : hit_(&hit), bit_(bit), before_(level()) {}
  void turn() const { hit_->data[bit_ / 8] ^= uint8_t(1u << bit_ % 8); }
  Flip again() const { return Flip(*hit_, bit_); }
  // Counters are not what they were.
  bool healed() const { return level() == before_ || std::strstr(hit_->name, "file__DOT__u_state"); }
  std::string name() const { return std::string(hit_->name) + " bit " + std::to_string(bit_); }
  // Of the register that it is a copy of.
  std::string whole() const {
    const std::string name = hit_->name;
    return name.substr(0, name.rfind("_copy_"));
  }

 private:
  bool level() const { return hit_->data[bit_ / 8] >> bit_ % 8 & 1; }
  const Vector* hit_;
  int bit_;
  bool before_;
};

class Chip {
 public:
  explicit Chip(int mistake)
      : targets{Target(kFirst, true, {Registers::readable, Registers::writable}, reached.situations),
                Target(kSecond, false, {in_ring, in_ring_writable}, reached.situations)},
        top_(new Vcontrol(&context_)) {
    vectors(*top_->rootp, flip_flops);
    top_->mistake_i = uint16_t(mistake);
    top_->rst_ni = 1;
    top_->eval();
  }
  ~Chip() { top_->final(); }

  static bool in_ring(int address) { return ((address + 16) & 0xFFFF) < 32; }
  static bool in_ring_writable(int address) {
    return in_ring(address) && address >> 2 != kRingReadOnly >> 2;
  }

  // Lets time pass; edges of the clock and the reset that was asked for come in it.
  void until(Time when) {
    while (true) {
      const Time next = std::min(edge_, reset_at_);
      if (next > when) break;
      now_ = next;
      if (reset_at_ <= edge_) {
        turn_reset();
      } else {
        clock();
        edge_ += kPeriod;
      }
    }
    now_ = when;
  }
  void pass(Time length) { until(now_ + length); }

  void reset_at(Time when, Time length) {
    reset_at_ = when;
    reset_length_ = length;
  }
  void no_reset() {
    if (top_->rst_ni) reset_at_ = kNever;
  }
  // Whether a reset came since the last call.
  bool was_reset() const { return was_reset_; }
  void forget_reset() { was_reset_ = false; }

  Time now() const { return now_; }
  long clocks() const { return clocks_; }
  bool pulls(int target) const { return top_->sda_oe_o >> target & 1; }
  bool expected_pull() const { return targets[0].pulls() || targets[1].pulls(); }

  // No strobe is awaited, and each target pulls as it must.
  void check_lines(const char* when) {
    for (int k = 0; k < 2; k++) {
      if (!targets[k].strobes.empty()) {
        const Strobe& one = targets[k].strobes.front();
        wrong(when, ": target ", k, " has not ", one.write ? "written" : "read", " address ",
              one.address);
      }
      if (pulls(k) != targets[k].pulls()) {
        wrong(when, ": target ", k, pulls(k) ? " pulls SDA" : " does not pull SDA");
      }
    }
  }

  // Upsets in one clock, at rest, of registers that are not the same: the register files (as bits of
  // `reports`) must tell of it for a clock, and it is gone.
  void upset(const std::vector<Flip>& flips, int reports) {
    for (const Flip& flip : flips) flip.turn();
    Vcontrol___024root___eval_settle(top_->rootp);
    top_->eval();
    int told[2] = {0, 0};
    upset_ = true;
    for (int i = 0; i < kHeal; i++) {
      until(edge_);
      for (int k = 0; k < 2; k++) told[k] += top_->tmr_error_o >> k & 1;
    }
    upset_ = false;
    const std::string name = flips.back().name();
    for (int k = 0; k < 2; k++) {
      if (told[k] != (reports >> k & 1)) {
        wrong(name, ": tmr_error_o of register file ", k, " is high for ", told[k], " clocks");
      }
    }
    for (const Flip& flip : flips) {
      if (!flip.healed()) wrong(flip.name(), ": does not heal");
    }
    if (!top_->agree_o && !apart) wrong(name, ": copies are apart after it");
  }

#if VM_COVERAGE
  // What was run and what toggled.
  void save_coverage(const char* path) { context_.coveragep()->write(path); }
#endif

  Wire scl, sda;
  Reached reached;
  Target targets[2];
  Registers registers;
  std::vector<Vector> flip_flops;
  bool streams = true;
  bool apart = false;  // the counters of the two register files are not the same
  long reads = 0, writes = 0, results = 0, resets = 0;

 private:
  static constexpr Time kNever = INT64_MAX;
  static constexpr int kHeal = 6;

  void turn_reset() {
    if (top_->rst_ni) {
      top_->rst_ni = 0;
      reset_at_ = now_ + reset_length_;
      resets++;
      was_reset_ = true;
      for (Target& target : targets) target.reset();
      registers.reset();
      valid_[0] = valid_[1] = false;
      held_ = shown_ = 0;
      apart = false;
    } else {
      top_->rst_ni = 1;
      reset_at_ = kNever;
    }
    top_->eval();
    if (top_->sda_oe_o || top_->enable_o || top_->valid_o || top_->data_o) {
      wrong("reset does not clear the outputs");
    }
  }

  void clock() {
    clocks_++;
    const Strobe* written = bus();
    registers.clock(top_->read_o & 1, written, top_->tmr_error_o & 1);
    ranks();
    const bool level = scl.at(now_);
    if (level != level_) level_ = level, fell_ = scl.changed();
    top_->scl_i = level != scl.spiked(now_);
    top_->sda_i = (sda.at(now_) && !top_->sda_oe_o) != sda.spiked(now_);
    const int pulled = top_->sda_oe_o;
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    const Time since = now_ - fell_;
    if (top_->sda_oe_o != pulled && (level || since < kEarliest || since > kLatest) && !was_reset_) {
      wrong("SDA moves ", level ? "while SCL is high" : "not in time after the fall of SCL");
    }
    compare();
    top_->valid_i = streams && dice_.one_in(2);
    top_->data_i = uint8_t(dice_.below(16));
  }

  // What the byte buses show in this clock; returns a write to the registers.
  const Strobe* bus() {
    bool wrote = false;
    for (int k = 0; k < 2; k++) {
      const bool write = top_->write_o >> k & 1, read = top_->read_o >> k & 1;
      if (!write && !read) continue;
      const Strobe seen = {write, int(top_->address_o >> 16 * k & 0xFFFF),
                           int(top_->write_data_o >> 8 * k & 0xFF)};
      Target& target = targets[k];
      if (write && read) wrong("target ", k, " reads and writes at once");
      if (target.strobes.empty()) {
        wrong("target ", k, write ? " writes" : " reads", " address ", seen.address, " unasked");
      }
      const Strobe due = target.strobes.front();
      target.strobes.pop_front();
      if (due.write != write || due.address != seen.address || (write && due.data != seen.data)) {
        wrong("target ", k, write ? " writes " : " reads ", seen.data, " at ", seen.address, ", not ",
              due.write ? "writes " : "reads ", due.data, " at ", due.address);
      }
      (write ? writes : reads)++;
      if (write && k == 1) ring_[seen.address & 31] = uint8_t(seen.data);
      if (write && k == 0) {
        written_ = seen, wrote = true;
        reached.levels.written(seen.address, seen.data);
      }
      if (read) answer(k, seen.address);
    }
    return wrote ? &written_ : nullptr;
  }

  void answer(int k, int address) {
    const bool there = targets[k].readable(address);
    const int byte = !there ? 0xFF : k == 0 ? registers.read(address) : ring_[address & 31];
    const int seen = top_->read_data_o >> 8 * k & 0xFF;
    if (there && k == 0) reached.levels.read(address, byte);
    if (there && seen != byte) wrong("target ", k, " reads ", seen, " at ", address, ", not ", byte);
    targets[k].sends(byte);
  }

  void ranks() {
    const bool enabled = top_->enable_o;
    const bool first = top_->valid_i && enabled;
    valid_[1] = valid_[0] && enabled;
    shown_ = valid_[1] ? held_ : 0;
    valid_[0] = first;
    if (first) held_ = top_->data_i;
    if (!top_->rst_ni) valid_[0] = valid_[1] = false, held_ = shown_ = 0;
    results += valid_[1];
  }

  void compare() {
    if (!top_->agree_o && !upset_ && !apart) wrong("copies or kinds of a block are apart");
    if (bool(top_->enable_o) != registers.enabled()) wrong("ENABLE is ", int(top_->enable_o));
    if (std::memcmp(&top_->keep_o, registers.keep.data(), registers.keep.size()) != 0) {
      wrong("the keep mask is not what was written");
    }
    for (int i = 0; i < 5; i++) {
      const int byte = registers.image[i] & (i == 4 ? 0xF : 0xFF);
      if (int(top_->image_o >> 8 * i & 0xFF) != byte) wrong("byte ", i, " of the image is not ", byte);
    }
    if (bool(top_->valid_o) != valid_[1] || top_->data_o != shown_) wrong("a wrong result is shown");
    if (top_->tmr_error_o && !upset_) wrong("tmr_error_o is high");
  }

  // Of the target's bit after the fall of SCL, as i2c_target_logic tells them.
  static constexpr Time kEarliest = 100 * kNs;
  static constexpr Time kLatest = 125 * kNs;

  VerilatedContext context_;
  std::unique_ptr<Vcontrol> top_;
  Dice dice_{7};
  Time now_ = 0, edge_ = kPeriod, reset_at_ = 0, reset_length_ = 200 * kNs, fell_ = 0;
  long clocks_ = 0;
  bool was_reset_ = false, upset_ = false, level_ = true;
  bool valid_[2] = {};
  int held_ = 0, shown_ = 0;
  uint8_t ring_[32] = {};
  Strobe written_ = {};
};
