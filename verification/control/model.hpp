// SPDX-License-Identifier: Apache-2.0
//
// What the chip has to do, written from its documents: two targets on a bus, edge by edge of SCL, and
// the registers of one, clock by clock. map.hpp has the addresses, as the description gives them.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "lines.hpp"
#include "map.hpp"
#include "reached.hpp"

struct Bytes {
  std::function<bool(int)> readable, writable;
};

struct Strobe {
  bool write;
  int address, data;
};

// One device on the bus. Strobes are what has to appear at its byte bus, in this order.
class Target {
 public:
  Target(int device, bool high_first, Bytes bytes, Situations& reached)
      : device_(device), high_first_(high_first), bytes_(std::move(bytes)), reached_(reached) {
    list();
  }

  void reset() {
    reach("reset");
    part_ = Part::Lost;
    pointer_ = 0;
    pulls_ = false;
    strobes.clear();
  }
  void idle() { part_ = Part::Idle; }
  void start() {
    reach("START");
    if (part_ != Part::Lost) part_ = Part::Device;
    bits_ = 0;
    pulls_ = false;
  }
  void stop() {
    reach("STOP");
    part_ = Part::Idle;
    pulls_ = false;
  }
  void rise(bool sda) {
    if (!listens()) return;
    bits_++;
    if (part_ == Part::Read) {
      if (bits_ == 9) reach(sda ? kRefused : kTaken);
      if (bits_ == 9 && sda) part_ = Part::Idle;
      return;
    }
    if (bits_ > 8) return;
    byte_ = (byte_ << 1 | sda) & 0xFF;
    if (bits_ < 8 || (part_ != Part::First && part_ != Part::Second)) return;
    const bool high = (part_ == Part::First) == high_first_;
    pointer_ = high ? byte_ << 8 | (pointer_ & 0xFF) : (pointer_ & 0xFF00) | byte_;
  }
  void fall() {
    if (!listens()) return;
    if (bits_ == 8) {
      acknowledge();
    } else if (bits_ == 9) {
      next_byte();
    } else if (part_ == Part::Read && bits_ > 0) {
      pulls_ = !(byte_ >> (7 - bits_) & 1);
    }
  }
  // The byte that is sent, which is known when it is read.
  void sends(int byte) {
    byte_ = byte;
    pulls_ = !(byte >> 7);
  }
  bool pulls() const { return pulls_; }
  bool reading() const { return part_ == Part::Read; }
  int pointer() const { return pointer_; }
  int device() const { return device_; }
  bool high_first() const { return high_first_; }
  bool readable(int address) const { return bytes_.readable(address); }

  std::deque<Strobe> strobes;

 private:
  enum class Part { Lost, Idle, Device, First, Second, Write, Read };
  static constexpr int kParts = 7;
  static constexpr const char* kTaken = "acknowledged";
  static constexpr const char* kRefused = "not acknowledged";

  // Conditions are on the bus behind so many bits of a byte; SCL has risen for the next one.
  std::string situation(Part part, const std::string& what, int bits) const {
    static constexpr const char* kNames[kParts] = {
        "not knowing the bus", "idle", "device address", "first byte of the address",
        "second byte of the address", "written byte", "read byte"};
    const bool amid = part >= Part::Device && (what == "START" || what == "STOP");
    return std::string("I2C, ") + (high_first_ ? "high" : "low") + " byte first, " +
           kNames[int(part)] + ": " + what +
           (amid ? " behind " + std::to_string(bits) + " bits" : "");
  }
  void reach(const std::string& what) { reached_.hit(situation(part_, what, bits_ - 1)); }
  // All that there are: the acknowledge of a byte is no place for a condition.
  void list() {
    for (int k = 0; k < kParts; k++) {
      const Part part = Part(k);
      for (const char* what : {"START", "STOP", "reset"}) {
        for (int bits = 0; bits < 8; bits++) reached_.list(situation(part, what, bits));
      }
      const bool always = part == Part::First;
      if (part >= Part::Device) reached_.list(situation(part, kTaken, 0));
      if (part >= Part::Device && !always) reached_.list(situation(part, kRefused, 0));
    }
  }

  bool listens() const { return part_ != Part::Lost && part_ != Part::Idle; }
  void advance() { pointer_ = (pointer_ + 1) & 0xFFFF; }
  void acknowledge() {
    pulls_ = false;
    if (part_ == Part::Read) return;
    bool taken = true;
    if (part_ == Part::Device) {
      taken = byte_ >> 1 == device_ && (!(byte_ & 1) || bytes_.readable(pointer_));
    } else if (part_ == Part::Second) {
      taken = bytes_.readable(pointer_);
    } else if (part_ == Part::Write) {
      taken = bytes_.writable(pointer_);
      if (taken) strobes.push_back({true, pointer_, byte_});
      if (taken) advance();
    }
    pulls_ = taken;
    reach(taken ? kTaken : kRefused);
    if (!taken) part_ = Part::Idle;
  }
  void next_byte() {
    bits_ = 0;
    pulls_ = false;
    const bool reads = part_ == Part::Read || (part_ == Part::Device && (byte_ & 1));
    if (part_ == Part::Device) {
      part_ = reads ? Part::Read : Part::First;
    } else if (part_ == Part::First) {
      part_ = Part::Second;
    } else if (part_ == Part::Second) {
      part_ = Part::Write;
    }
    if (!reads) return;
    strobes.push_back({false, pointer_, 0});
    advance();
  }

  const int device_;
  const bool high_first_;
  const Bytes bytes_;
  Situations& reached_;
  Part part_ = Part::Lost;
  int bits_ = 0, byte_ = 0, pointer_ = 0;
  bool pulls_ = false;
};

// The registers of the chip. What is read in a clock is what they hold before its edge.
class Registers {
 public:
  Registers() {
    for (int i = 0; i < kWeightBytes; i++) weights_[i] = uint8_t(i);  // as control.v has it
    reset();
  }

  // The weights outlast it: they lie in a memory of the bench.
  void reset() {
    enabled_ = required_ = busy_ = done_ = false;
    place_ = errors_ = sources_ = 0;
    crc_ = 0xFFFFFFFFu;
    expected_.fill(0);
    keep.fill(0xFF);
    image.fill(0);
  }

  static const Register* at(int address) {
    for (const Register& one : kRegisters) {
      if (one.address <= address && address < one.address + one.size) return &one;
    }
    return nullptr;
  }
  static bool readable(int address) { return at(address) != nullptr; }
  static bool writable(int address) {
    const Register* found = at(address);
    return found != nullptr && found->writable;
  }

  int read(int address) const {
    const Register* one = at(address);
    if (one == nullptr) return 0xFF;
    const int place = address - one->address;
    switch (one->name) {
      case Name::KEEP: return keep[place];
      case Name::WEIGHTS: return weights_[place];
      case Name::TMR_ERRORS: return errors_;
      case Name::TMR_SOURCES: return sources_;
      case Name::CONTROL: return enabled_ * kENABLE | required_ * kCRC_REQUIRED;
      case Name::STATUS:
        return enabled_ * kENABLED | busy_ * kCRC_BUSY | done_ * kCRC_DONE | match() * kCRC_MATCH;
      case Name::CRC: return ~crc_ >> 8 * place & 0xFF;
      case Name::EXPECTED_CRC: return expected_[place];
      default: return one->reset >> 8 * place & 0xFF;
    }
  }

  // One clock with what was seen on the bus in it, and of upsets.
  void clock(bool reads, const Strobe* written, bool reported) {
    const bool matched = match();
    const Register* one = written ? at(written->address) : nullptr;
    const int place = one ? written->address - one->address : 0;
    const bool control = one && one->name == Name::CONTROL;
    if (one && one->name == Name::WEIGHTS) {
      enabled_ = busy_ = done_ = false;
      crc_ = 0xFFFFFFFFu;
      weights_[place] = uint8_t(written->data);
      if (place < int(image.size())) image[place] = uint8_t(written->data);
    } else if (control && written->data & kCRC_START) {
      busy_ = true, done_ = false, place_ = 0;
      crc_ = 0xFFFFFFFFu;
    } else if (busy_ && !reads) {
      step(weights_[place_++]);
      done_ = place_ == int(weights_.size());
      busy_ = !done_;
    }
    if (control) {
      required_ = written->data & kCRC_REQUIRED;
      enabled_ = written->data & kENABLE && (enabled_ || !required_ || matched);
      if (written->data & kCLEAR_ERRORS) errors_ = sources_ = 0;
    }
    if (one && one->name == Name::KEEP) keep[place] = uint8_t(written->data);
    if (one && one->name == Name::EXPECTED_CRC) expected_[place] = uint8_t(written->data);
    if (reported) {
      errors_ = std::min(errors_ + 1, 255);
      sources_ |= upset_source;
    }
  }

  bool enabled() const { return enabled_; }
  bool busy() const { return busy_; }
  uint32_t right_crc() const {
    uint32_t value = 0xFFFFFFFFu;
    for (uint8_t byte : weights_) value = stepped(value, byte);
    return ~value;
  }

  // Of upsets that the bench makes: the bit of TMR_SOURCES that they set.
  int upset_source = 0;
  std::array<uint8_t, kKeepBytes> keep;
  std::array<uint8_t, 5> image;

 private:
  static uint32_t stepped(uint32_t value, uint8_t byte) {
    value ^= byte;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
    return value;
  }
  void step(uint8_t byte) { crc_ = stepped(crc_, byte); }
  bool match() const {
    uint32_t wanted = 0;
    for (int i = 0; i < 4; i++) wanted |= uint32_t(expected_[i]) << 8 * i;
    return done_ && ~crc_ == wanted;
  }

  bool enabled_, required_, busy_, done_;
  int place_, errors_, sources_;
  uint32_t crc_;
  std::array<uint8_t, 4> expected_;
  std::array<uint8_t, kWeightBytes> weights_;
};
