// SPDX-License-Identifier: Apache-2.0
//
// Two verilated chips in step on the same pins: in one of them flip-flops are turned over, and after
// each what both hold and what leaves them is compared, clock by clock, until both are equal again
// or never will be. The file that includes it (library.py) defines what depends on the chip: the
// constants of its ports, poke_copies, and vectors(), which lists the places of all flip-flops.
//
// A clock is an edge up and an edge down; a flip comes after one of the two, and is settled as if it
// had come from the particle: logic, asynchronous resets and gated clocks follow at once. Both chips
// are looked at before the next edge up, as a receiver does.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "Vasicae_top.h"
#include "Vasicae_top___024root.h"
#include "chip_host.hpp"
#include "kinds.hpp"
#include "traffic.hpp"
#include "twin_values.hpp"
#include "verilated.h"

void Vasicae_top___024root___eval_settle(Vasicae_top___024root* root);

namespace {

constexpr int kCharges = (kCells * kChargeBits + 31) / 32;
// Clocks in which a report has to come after its reason.
constexpr int kReport = 8;
// Clocks in which results and the bus have to show that they live.
constexpr int kExamined = 256;

struct Vector {
  uint8_t* data;
  int bytes;
};

template <class T>
Vector vector_of(T& held) {
  return {reinterpret_cast<uint8_t*>(&held), int(sizeof(held))};
}

#include "vectors.hpp"

struct Stays {};

struct Upset {
  Vector hit;
  uint32_t bit;
  bool high;
};

class Twin : public Traffic<Twin> {
 public:
  Twin(const Register* registers, int count, const uint8_t* reports, uint32_t counted, int bank)
      : counted_(counted), bank_(bank) {
    context_.threads(1);
    enter();
    for (int chip = 0; chip < 2; chip++) {
      top_[chip].reset(new Vasicae_top(&context_, chip ? "clean" : "faulty"));
      vectors(*top_[chip]->rootp, place_[chip]);
    }
    for (int i = 0; i < count; i++) {
      const Register& one = registers[i];
      const int bytes = place_[0][one.first].bytes;
      registers_.push_back({one, bytes, {}});
      if (one.report >= 0) {
        const uint8_t* from = reports + one.report;
        registers_.back().report.assign(from, from + bytes);
      }
    }
    reset();
  }

  ~Twin() {
    enter();
    for (auto& top : top_) top->final();
  }

  Twin* enter() {
    Verilated::threadContextp(&context_);
    return this;
  }

  void reset() {
    scl_ = sda_ = true;
    active_ = false;
    pending_.clear();
    for (auto& top : top_) {
      top->valid_i = 0;
      std::memset(&top->calq_i, 0, sizeof(top->calq_i));
      top->rst_ni = 0;
    }
    scene_ = {};
    wait(4);
    for (auto& top : top_) top->rst_ni = 1;
    wait(kIdle);
    total_ = {};
  }

  void poke(const uint32_t* words, const uint8_t* keep) {
    for (auto& top : top_) {
      poke_copies(*top->rootp, words, keep);
      settle(*top);
    }
  }

  void turn(const Site* sites, int count) {
    for (int i = 0; i < count; i++) turn_over(place_[0][sites[i].vector], sites[i].bit);
    settle(*top_[0]);
  }

  // The faulty one holds what the clean one does.
  void sync() {
    for (int i = 0; i < kVectors; i++) {
      std::memcpy(place_[0][i].data, place_[1][i].data, place_[0][i].bytes);
    }
    settle(*top_[0]);
  }

  void charges(const int32_t* calq, int events) {
    charges_.assign(size_t(events) * kCharges, 0);
    for (int i = 0; i < events; i++) pack_charges(calq + i * kCells, &charges_[i * kCharges]);
  }

  // Reads through the faulty chip, or through the clean one; the other is read as well.
  int read_from(int chip, int address, uint8_t* data, int count) {
    heard_ = chip;
    const int acknowledged = read(address, data, count);
    heard_ = 0;
    return acknowledged;
  }

  void tick() {
    step_aim();
    const bool due = !active_ && next_ < wanted_ && begins();
    drive();
    for (auto& top : top_) clock_up(*top);
    if (due) flip(true);
    for (auto& top : top_) clock_down(*top);
    if (due) flip(false);
    look(due);
  }

  bool wire() const { return top_[heard_]->sda_i; }

  // `count` upsets of `flips` flip-flops each, `sites` one behind the other.
  void inject(const Scene& scene, const Region* regions, int regions_count, const Site* sites,
              int flips, int count, int identity, Outcome* outcomes) {
    scene_ = scene;
    aimed_ = scene.aimed;
    random_ = Random(scene.seed);
    regions_.assign(regions, regions + regions_count);
    sites_ = sites;
    flips_ = flips;
    next_ = 0;
    wanted_ = count;
    outcomes_ = outcomes;
    active_ = false;
    pause_ = int(random_.below(scene.spread + 1));
    while (next_ < wanted_ || active_) {
      try {
        if (regions_.empty()) {
          tick();
        } else {
          transfer();
        }
      } catch (const Stays&) {
        finish(examine(identity));
        sync();
      }
    }
    wanted_ = 0;
    scene_.events = 0;
    wait(kReport);
  }

  Total total() {
    const Total found = total_;
    total_ = {};
    return found;
  }

 private:
  struct Held {
    Register place;
    int bytes;
    std::vector<uint8_t> report;
  };

  static void settle(Vasicae_top& top) {
    Vasicae_top___024root___eval_settle(top.rootp);
    top.eval();
  }

  void drive() {
    const bool valid = scene_.events == 1 || (scene_.events == 2 && random_.below(4) != 0);
    const int events = int(charges_.size() / kCharges);
    if (valid) event_ = event_ + 1 < events ? event_ + 1 : 0;
    for (auto& top : top_) {
      top->scl_i = scl_;
      top->sda_i = sda_ && !top->sda_oe_o;
      top->valid_i = valid;
      if (valid) std::memcpy(top->calq_i.data(), &charges_[event_ * kCharges], 4 * kCharges);
    }
  }

  // Whether the next upset comes in this clock; draws in which half of it.
  bool begins() {
    if (aimed_ && !in_aim()) return false;
    if (pause_-- > 0) return false;
    pending_.clear();
    for (int i = 0; i < flips_; i++) {
      const Site& site = sites_[size_t(next_) * flips_ + i];
      pending_.push_back({place_[0][site.vector], site.bit, random_.below(2) == 1});
    }
    active_ = true;
    age_ = told_ = reasons_ = events_ = 0;
    differed_ = written_ = false;
    return true;
  }

  static void turn_over(const Vector& held, uint32_t bit) {
    held.data[bit / 8] ^= uint8_t(1u << bit % 8);
  }

  void flip(bool high) {
    bool any = false;
    for (const Upset& upset : pending_) {
      if (upset.high != high) continue;
      turn_over(upset.hit, upset.bit);
      any = true;
    }
    if (any) settle(*top_[0]);
  }

  void look(bool first) {
    Vasicae_top &faulty = *top_[0], &clean = *top_[1];
    if (!active_) {
      total_.stray += faulty.tmr_error_o && !quiet_;
      return;
    }
    uint32_t sources = 0;
    const bool equal = compare(sources);
    const bool wrong = faulty.valid_o != clean.valid_o || faulty.sum_o != clean.sum_o ||
                       faulty.sda_oe_o != clean.sda_oe_o ||
                       std::memcmp(&faulty.latent_o, &clean.latent_o, sizeof(clean.latent_o)) != 0;
    events_ += wrong && (faulty.valid_o || clean.valid_o);
    differed_ |= wrong;
    told_ += faulty.tmr_error_o;
    reasons_ += sources != 0;
    total_.sources |= sources;
    total_.counted += (sources & counted_) != 0;
    if (scene_.aimed && age_ < 2) {
      image(first ? before_ : after_);
      written_ = !first && before_ != after_;
    }
    if (!first && equal && !wrong && (told_ == reasons_ || age_ >= kReport)) {
      finish(differed_ ? kRecovered : kCorrected);
    } else if ((!equal || wrong) && age_ >= scene_.limit) {
      throw Stays();
    }
    age_++;
  }

  // Whether both hold the same; the blocks that have to report copies that disagree.
  bool compare(uint32_t& sources) {
    bool equal = true;
    for (const Held& one : registers_) {
      const Vector* found = &place_[0][one.place.first];
      const Vector* wanted = &place_[1][one.place.first];
      if (one.place.copies == 1) {
        equal &= std::memcmp(found->data, wanted->data, one.bytes) == 0;
        continue;
      }
      for (int byte = 0; byte < one.bytes; byte++) {
        const uint8_t a = found[0].data[byte], b = found[1].data[byte], c = found[2].data[byte];
        const uint8_t counts = one.report.empty() ? 0xFF : uint8_t(~one.report[byte]);
        const bool agree = a == b && a == c;
        const uint8_t voted = (a & b) | (a & c) | (b & c);
        if (agree && ((a ^ wanted[0].data[byte]) & counts) == 0) continue;
        equal = false;
        differed_ |= ((voted ^ wanted[0].data[byte]) & counts) != 0;
        if (!agree && one.place.told) sources |= 1u << one.place.block;
      }
    }
    return equal;
  }

  void image(std::vector<uint8_t>& bytes) const {
    bytes.clear();
    for (const Held& one : registers_) {
      const uint8_t* data = place_[1][one.place.first].data;
      if (one.place.block == bank_) bytes.insert(bytes.end(), data, data + one.bytes);
    }
  }

  void finish(Kind kind) {
    const bool told = told_ == reasons_;
    outcomes_[next_++] = {kind, told, written_, uint16_t(std::min(events_, 65535)), uint32_t(age_)};
    active_ = false;
    pause_ = int(random_.below(scene_.spread + 1));
  }

  // What became of a chip that stays different.
  Kind examine(int identity) {
    const bool standing = top_[0]->tmr_error_o;
    if (!scene_.examined) return standing ? kStanding : kSilent;
    active_ = false;
    quiet_ = true;
    const int wanted = wanted_;
    wanted_ = 0;
    // Nine clocks and STOP free a bus (UM10204, 3.1.16).
    start();
    for (int i = 0; i < 9; i++) bit(true);
    stop();
    wait(kIdle);
    int results[2] = {0, 0};
    for (int i = 0; i < kExamined; i++) {
      tick();
      for (int chip = 0; chip < 2; chip++) results[chip] += top_[chip]->valid_o;
    }
    uint32_t sources = 0;
    differed_ = false;
    const bool equal = compare(sources);
    uint8_t found[4] = {}, expected[4] = {};
    read_from(0, identity, found, 4);
    read_from(1, identity, expected, 4);
    const bool alarm = top_[0]->tmr_error_o;
    quiet_ = false;
    wanted_ = wanted;
    if (equal) return kRecovered;
    const bool lives = std::memcmp(found, expected, 4) == 0 && (results[0] > 0 || results[1] == 0);
    return !lives ? kHung : alarm && standing ? kStanding : kSilent;
  }

  const uint32_t counted_;
  const int bank_;
  VerilatedContext context_;
  std::unique_ptr<Vasicae_top> top_[2];
  Vector place_[2][kVectors];
  std::vector<Held> registers_;
  std::vector<uint32_t> charges_;
  std::vector<Upset> pending_;
  std::vector<uint8_t> before_, after_;
  const Site* sites_ = nullptr;
  Outcome* outcomes_ = nullptr;
  Scene scene_ = {};
  Total total_ = {};
  int event_ = 0, flips_ = 1, next_ = 0, wanted_ = 0, pause_ = 0, heard_ = 0;
  int age_ = 0, told_ = 0, reasons_ = 0, events_ = 0;
  bool active_ = false, differed_ = false, written_ = false, quiet_ = false;
};

}  // namespace
