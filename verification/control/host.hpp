// SPDX-License-Identifier: Apache-2.0
//
// An I2C host on the lines of the chip: conditions, bits, bytes and what begins and ends transfers,
// with the timing that it is given. The models are told what it does.

#pragma once

#include "chip.hpp"

class Host {
 protected:
  Host(uint64_t seed, int mistake) : chip_(mistake), dice_(seed) {}

  static constexpr Time kQuiet = 1600 * kNs;  // of which a bus is idle, whatever was before

  // A reset makes the rest of a transfer one of which the chip knows nothing; it is sent all the same.
  bool lost() const { return chip_.was_reset(); }

  void start() {
    starts_++;
    sda(false);
    for (Target& target : chip_.targets) target.start();
    chip_.pass(timing_.condition);
    scl(false);
  }

  // Whether it was sent: none is where the chip might not know whether the bus was idle.
  bool restart() {
    lift(true);
    if (lost()) {
      settle();
      over_ = true;
      return false;
    }
    restarts_++;
    start();
    return true;
  }

  void stop() {
    if (over_) {
      over_ = false;
      return;
    }
    lift(false);
    sda(true);
    for (Target& target : chip_.targets) target.stop();
    chip_.pass(timing_.condition);
    settle();
  }

  // After a reset the chip believes in an idle bus only.
  void settle() {
    chip_.no_reset();
    if (lost()) {
      chip_.pass(kQuiet);
      for (Target& target : chip_.targets) target.idle();
      chip_.forget_reset();
    }
    chip_.pass(dice_.below(300 * kNs));
  }

  // From within a transfer: SDA to a level, then SCL high.
  void lift(bool level) {
    chip_.pass(timing_.hold);
    sda(level);
    chip_.pass(timing_.low - timing_.hold);
    scl(true);
    chip_.pass(timing_.condition);
  }

  bool bit(bool out) {
    const Time low = timing_.low + stretch();
    const Time fell = chip_.now();
    chip_.pass(timing_.hold);
    sda(out);
    spike(fell + std::max(timing_.hold, timing_.skew), fell + low);
    chip_.until(fell + low);
    chip_.check_lines("SCL low");
    scl(true);
    spike(chip_.now() + timing_.skew, chip_.now() + timing_.high);
    chip_.pass(timing_.high);
    chip_.check_lines("SCL high");
    const bool level = out && !chip_.pulls(0) && !chip_.pulls(1);
    scl(false);
    return level;
  }

  bool send(int byte) {
    for (int k = 7; k >= 0; k--) bit(byte >> k & 1);
    const bool taken = !bit(true);
    refused_ += !taken;
    return taken;
  }

  void receive(bool last) {
    for (int k = 0; k < 8; k++) bit(true);
    bit(last);
  }

  void sda(bool level) {
    sda_ = level;
    chip_.sda.change(chip_.now(), level);
  }
  void scl(bool level) {
    chip_.scl.change(chip_.now() + timing_.skew, level);
    const bool wire = sda_ && !chip_.expected_pull();
    for (Target& target : chip_.targets) level ? target.rise(wire) : target.fall();
  }

  // Clock stretching by the host: SCL stays low.
  Time stretch() {
    if (!dice_.one_in(100)) return 0;
    stretched_++;
    return dice_.below((dice_.one_in(8) ? 50'000 : 3'000) * kNs);
  }

  // Somewhere in a phase of SCL, away from its ends.
  void spike(Time from, Time until) {
    const Time room = until - from - 2 * Timing::kCalm - Timing::kSpike;
    if (!timing_.spikes || room <= 0 || !dice_.one_in(2)) return;
    const Time begin = from + Timing::kCalm + dice_.below(room);
    (dice_.one_in(2) ? chip_.scl : chip_.sda).spike(begin, begin + dice_.below(Timing::kSpike));
    spikes_++;
  }

  bool open(int device, bool read) {
    start();
    return send(device << 1 | int(read));
  }

  bool point(const Target& target, int address) {
    const int high = address >> 8, low = address & 0xFF;
    return open(target.device(), false) && send(target.high_first() ? high : low) &&
           send(target.high_first() ? low : high);
  }

  void put(int address, int byte) {
    point(chip_.targets[0], address);
    send(byte);
    stop();
  }

  void get(int address, int bytes) {
    point(chip_.targets[0], address);
    if (restart()) {
      send(kFirst << 1 | 1);
      while (bytes-- > 1) receive(false);
      receive(true);
    }
    stop();
  }

  static Timing fast() { return {Timing::kLow, 150 * kNs, 20 * kNs, 0, 200 * kNs, false}; }

  Chip chip_;
  Dice dice_;
  Timing timing_ = {};
  bool sda_ = true;   // as the host drives it
  bool over_ = false;  // the transfer has ended without STOP
  long starts_ = 0, restarts_ = 0, refused_ = 0, spikes_ = 0, stretched_ = 0;
};
