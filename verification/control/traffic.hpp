// SPDX-License-Identifier: Apache-2.0
//
// What the host is made to do: whole transfers and broken ones, at random or one after the other.

#pragma once

#include "host.hpp"

// Blocks whose upsets set a bit of TMR_SOURCES, and which of the two register files tell of them.
struct Source {
  int bit;
  const char* blocks[2];
  int reports;
};
constexpr Source kSources[] = {
    {kRESET, {"u_reset_control"}, 3},
    {kI2C, {"u_i2c_target", "u_other_target"}, 3},
    {kWEIGHTS, {"u_weight_bank", "u_gated_weight_bank"}, 3},
    {kDATA_PATH, {"u_hold", "u_clear"}, 3},
    {kREGISTERS, {"u_register_file"}, 1},
    {kREGISTERS, {"u_gated_register_file"}, 2},
};

class Traffic : Host {
 public:
  Traffic(uint64_t seed, int mistake) : Host(seed, mistake) {}

  // `thorough`: what chance may leave out comes first.
  void run(long transactions, bool thorough) {
    chip_.pass(kQuiet);
    for (Target& target : chip_.targets) target.idle();
    chip_.forget_reset();
    upsets();
    devices();
    if (thorough) {
      registers();
      conditions();
      resets();
    }
    for (; done_ < transactions; done_++) transaction();
  }

  std::string place() const {
    std::ostringstream text;
    text << "transfer " << done_ << " (" << what_ << ") at " << chip_.now() / kNs << " ns, ps low "
         << timing_.low << " high " << timing_.high << " hold " << timing_.hold << " skew "
         << timing_.skew << " condition " << timing_.condition << (lost() ? ", after a reset" : "");
    return text.str();
  }

#if VM_COVERAGE
  void save_coverage(const char* path) { chip_.save_coverage(path); }
#endif

  std::string reached() const {
    return "{\"situations\": " + chip_.reached.situations.text() +
           ", \"levels\": " + chip_.reached.levels.text() + "}";
  }

  std::string counts() const {
    std::ostringstream text;
    text << "{\"transfers\": " << done_ << ", \"clocks\": " << chip_.clocks()
         << ", \"starts\": " << starts_ << ", \"repeated_starts\": " << restarts_
         << ", \"broken_off\": " << broken_ << ", \"other_devices\": " << others_
         << ", \"bytes_written\": " << chip_.writes << ", \"bytes_read\": " << chip_.reads
         << ", \"bytes_refused\": " << refused_ << ", \"around_0xffff\": " << wraps_
         << ", \"spikes\": " << spikes_ << ", \"stretched\": " << stretched_
         << ", \"resets\": " << chip_.resets << ", \"crcs_started\": " << crcs_
         << ", \"results\": " << chip_.results << ", \"upsets\": " << upsets_ << "}";
    return text.str();
  }

 private:
  static constexpr int kMostBytes = 8;
  static constexpr const char* kChecks = "CRC";
  static constexpr int kImages = 16;  // whose CRCs differ in all bits

  // All 128: two answer, to a read where their pointer is on a register.
  void devices() {
    what_ = "devices";
    timing_ = fast();
    for (int device = 0; device < 128; device++) {
      for (int read = 0; read < 2; read++) {
        open(device, read);
        if (chip_.targets[0].reading() || chip_.targets[1].reading()) receive(true);
        stop();
      }
    }
  }

  // Each bit of each register that can be written both ways, and read.
  void registers() {
    what_ = "registers";
    timing_ = fast();
    for (const int byte : {0x00, 0xFF}) {
      for (const Register& one : kRegisters) {
        if (one.writable) {
          point(chip_.targets[0], one.address);
          for (int k = 0; k < one.size; k++) send(byte);
          stop();
        }
        get(one.address, one.size);
      }
    }
    put(kControl, 0);
    put(kControl, kENABLE);
    get(kControl, 1);
    for (int k = 0; k < kImages; k++) {
      put(kWeights + k, drawn_byte());
      put(kControl, kCRC_START);
      chip_.pass((kWeightBytes + 100) * kPeriod);
      get(kCrc, 4);
    }
    for (int k = 0; k < 4; k++) put(kExpectedCrc + k, int(chip_.registers.right_crc() >> 8 * k & 0xFF));
    get(kStatus, 1);
  }

  // START and STOP behind each bit of each byte of a transfer, to either target.
  void conditions() {
    what_ = "conditions";
    timing_ = fast();
    for (const Target& target : chip_.targets) {
      for (int part = 0; part < kParts; part++) {
        for (int bits = 0; bits < 8; bits++) {
          for (const bool again : {false, true}) {
            into(target, part, bits);
            if (again) restart();
            stop();
          }
        }
      }
    }
  }

  // A reset in each byte of a transfer, one behind another, and START behind them, which is no START
  // to whom does not know the bus.
  void resets() {
    what_ = "resets";
    timing_ = fast();
    for (const Target& target : chip_.targets) {
      for (int part = 0; part < kParts; part++) {
        into(target, part, 3);
        for (int k = 0; k < 2; k++) {
          chip_.reset_at(chip_.now(), 100 * kNs);
          chip_.pass(200 * kNs);
        }
        lift(true);
        start();
        send(target.device() << 1);
        stop();
      }
    }
  }

  // Device, both bytes of an address, a byte that is written, one that is read: into the last of so
  // many, behind so many bits of it. The read byte is of ones, so that SDA is free.
  static constexpr int kParts = 5;
  void into(const Target& target, int part, int bits) {
    const int address = target.high_first() ? kExpectedCrc : 0;
    const bool reads = part == kParts - 1;
    const int first = target.high_first() ? address >> 8 : address & 0xFF;
    const int second = target.high_first() ? address & 0xFF : address >> 8;
    if (reads) {
      point(target, address);
      send(0xFF);
      stop();
      point(target, address);
      restart();
      send(target.device() << 1 | 1);
      for (int k = 0; k < bits; k++) bit(true);
      return;
    }
    const int bytes[] = {target.device() << 1, first, second, 0xA5};
    start();
    for (int k = 0; k < part; k++) send(bytes[k]);
    for (int k = 0; k < bits; k++) bit(bytes[part] >> (7 - k) & 1);
  }

  void transaction() {
    timing_ = Timing::drawn(dice_);
    const Time about = 40 * (timing_.low + timing_.high);
    if (dice_.one_in(12)) chip_.reset_at(chip_.now() + dice_.below(about), dice_.from(1, 300 * kNs));
    const int kind = int(dice_.below(16));
    if (kind == 0) {
      what_ = "another device";
      another();
    } else if (kind < 3) {
      what_ = "broken off";
      broken();
    } else if (kind < 4) {
      what_ = "control";
      control();
    } else if (kind < 6) {
      what_ = kChecks;
      crc();
    } else {
      what_ = kind < 11 ? "write" : kind < 14 ? "read" : "read on";
      Target& target = chip_.targets[dice_.below(2)];
      const int address = drawn_address(target);
      wraps_ += address >= 0xFFF0;
      if (kind < 11) {
        point(target, address);
        for (int64_t count = dice_.from(0, kMostBytes); count > 0; count--) send(drawn_byte());
      } else if (kind < 14) {
        point(target, address);
        if (restart()) read_on(target);
      } else {
        start();
        read_on(target);
      }
    }
    if (what_ == kChecks) return;  // its transfers have ended
    if (!over_) free_bus();
    stop();
  }

  // START was sent: read from where the target stands.
  void read_on(const Target& target) {
    if (!send(target.device() << 1 | 1)) return;
    for (int64_t count = dice_.below(kMostBytes); count > 0; count--) receive(false);
    // Some hosts go away without a last word.
    if (!dice_.one_in(8)) receive(true);
  }

  // Nine clocks at most let whoever sends let go.
  void free_bus() {
    chip_.pass(timing_.skew + Timing::kLow);  // a byte that begins is on the wire
    for (int k = 0; k < 9 && chip_.expected_pull(); k++) bit(true);
    if (chip_.expected_pull()) wrong("nine clocks do not free SDA");
  }

  // A transfer to another device, whose bytes look like an address of ours.
  void another() {
    others_++;
    int device = int(dice_.below(128));
    while (device == kFirst || device == kSecond) device = int(dice_.below(128));
    open(device, dice_.one_in(2));
    for (int k = 0; k < 3; k++) send(dice_.one_in(2) ? kFirst << 1 | int(dice_.below(2)) : drawn_byte());
  }

  // STOP or START amid a byte that the host sends.
  void broken() {
    Target& target = chip_.targets[dice_.below(2)];
    broken_++;
    start();
    int bytes[5] = {target.device() << 1, 0, 0, drawn_byte(), drawn_byte()};
    const int address = drawn_address(target);
    bytes[target.high_first() ? 1 : 2] = address >> 8;
    bytes[target.high_first() ? 2 : 1] = address & 0xFF;
    const int whole = int(dice_.below(5));
    for (int k = 0; k < whole; k++) send(bytes[k]);
    const int bits = int(dice_.below(8));
    for (int k = 0; k < bits; k++) bit(bytes[whole] >> (7 - k) & 1);
    if (dice_.one_in(2) && restart()) read_on(target);
  }

  // CONTROL and what belongs to it, with any bits.
  void control() {
    const int64_t choice = dice_.below(4);
    if (choice == 0) {
      const uint32_t value = chip_.registers.right_crc() ^ (dice_.one_in(3) ? 1u << dice_.below(32) : 0);
      if (!point(chip_.targets[0], kExpectedCrc)) return;
      for (int k = 0; k < 4; k++) send(value >> 8 * k & 0xFF);
      return;
    }
    if (!point(chip_.targets[0], kControl)) return;
    int byte = int(dice_.below(16));
    if (choice == 1) byte = kCRC_START | kENABLE;
    crcs_ += (byte & kCRC_START) != 0;
    send(byte);
    // Long enough for a CRC, or not.
    if (choice == 2) chip_.pass(dice_.below(2 * kWeightBytes * kPeriod));
    if (restart()) read_on(chip_.targets[0]);
  }

  // A CRC, what may come while it runs or behind it, and what became of it: fast enough that it runs.
  void crc() {
    timing_ = fast();
    crcs_++;
    put(kControl, kCRC_START | int(dice_.below(2)));
    if (dice_.one_in(2)) chip_.pass((kWeightBytes + dice_.below(100)) * kPeriod);
    for (int64_t count = dice_.below(3); count > 0; count--) {
      const int64_t choice = dice_.below(5);
      if (choice == 0) put(kWeights + int(dice_.below(kWeightBytes)), drawn_byte());
      if (choice == 1) put(kControl, kCRC_START);
      if (choice == 2) put(kExpectedCrc + int(dice_.below(4)), drawn_byte());
      if (choice == 4) put(kControl, kENABLE | kCRC_REQUIRED);
      if (choice == 3) chip_.pass(dice_.below(2 * kWeightBytes * kPeriod));
    }
    // Weights that are read meanwhile delay it.
    if (dice_.one_in(2)) get(kWeights + int(dice_.below(kWeightBytes)), int(dice_.from(1, 4)));
    get(kStatus, kExpectedCrc - kStatus);
  }

  int drawn_byte() { return dice_.one_in(4) ? kFirst << 1 : int(dice_.below(256)); }

  int drawn_address(const Target& target) {
    if (dice_.one_in(20)) return int(dice_.below(0x10000));
    if (!target.high_first()) return int(dice_.from(-18, 17)) & 0xFFFF;
    const Register& one = kRegisters[dice_.below(sizeof(kRegisters) / sizeof(kRegisters[0]))];
    return int(one.address + dice_.from(-1, std::min(one.size, 40)));
  }

  // One of each flip-flop at rest, block by block; then the counter and the source as the host reads
  // them. Those of the register files come last: their own upsets they count apart.
  void upsets() {
    what_ = "upsets";
    timing_ = fast();
    chip_.streams = false;
    for (const Source& source : kSources) {
      put(kControl, kCLEAR_ERRORS);
      for (const char* block : source.blocks) {
        if (block) upsets_of(block, source);
      }
      get(kErrors, 1);
      get(kTmrSources, 1);
    }
    chip_.streams = true;
    chip_.reset_at(chip_.now(), 100 * kNs);
    chip_.pass(100 * kNs);
    settle();
  }

  // Each flip-flop alone, then as many times two that are copies of different registers.
  void upsets_of(const char* block, const Source& source) {
    const std::string inside = std::string("control__DOT__") + block + "__DOT__";
    chip_.registers.upset_source = source.bit;
    chip_.apart = source.reports != 3;
    std::vector<Flip> told;
    for (const Vector& one : chip_.flip_flops) {
      if (std::strncmp(one.name, inside.c_str(), inside.size()) != 0) continue;
      // The first of the flip-flops on a line may differ at any time, and tell nothing.
      const bool quiet = std::strstr(one.name, "__DOT__u_meta__DOT__") != nullptr;
      for (int bit = 0; bit < one.bits; bit++) {
        const Flip flip(one, bit);
        chip_.upset({flip}, quiet ? 0 : source.reports);
        if (!quiet) told.push_back(flip);
        upsets_++;
      }
    }
    for (size_t k = 0; k < told.size(); k++) {
      const Flip first = told[k].again(), second = told[dice_.below(told.size())].again();
      if (first.whole() == second.whole()) continue;
      chip_.upset({first, second}, source.reports);
      upsets_ += 2;
    }
  }

  const char* what_ = "";
  long done_ = 0, broken_ = 0, others_ = 0, wraps_ = 0, crcs_ = 0, upsets_ = 0;
};
