// SPDX-License-Identifier: Apache-2.0
//
// A host on the two wires of I2C and the chip behind them, to the picosecond: edges lie where the host
// wants them, the chip sees what is there at its clock. Nothing of it comes from any other driver of
// the kit: what they agree on is the protocol.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <sstream>
#include <stdexcept>
#include <string>

using Time = int64_t;  // picoseconds
constexpr Time kNs = 1000;
constexpr Time kPeriod = 25 * kNs;

// What was not as the model has it.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class... Parts>
[[noreturn]] void wrong(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Wrong(text.str());
}

// splitmix64.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  int64_t below(int64_t limit) { return int64_t(next() % uint64_t(limit)); }
  int64_t from(int64_t low, int64_t high) { return low + below(high - low + 1); }
  bool one_in(int64_t count) { return below(count) == 0; }
  double unit() { return double(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

// What the host does to a wire, as it arrives at the chip.
class Wire {
 public:
  void change(Time when, bool level) { coming_.push_back({when, level}); }
  bool at(Time now) {
    while (!coming_.empty() && coming_.front().when <= now) {
      level_ = coming_.front().level;
      changed_ = coming_.front().when;
      coming_.pop_front();
    }
    return level_;
  }
  // When the level came that the last call of at() told.
  Time changed() const { return changed_; }
  void spike(Time from, Time until) { from_ = from, until_ = until; }
  bool spiked(Time now) const { return from_ <= now && now < until_; }

 private:
  struct Change {
    Time when;
    bool level;
  };
  std::deque<Change> coming_;
  bool level_ = true;
  Time changed_ = 0, from_ = 0, until_ = 0;
};

// Of a transfer. SCL is low and high for so long; SDA changes `hold` after the fall of SCL, as the host
// sees it, and SCL arrives `skew` later; `condition`: between SDA and SCL at START and STOP. The
// limits are those that i2c_target_logic tells.
struct Timing {
  Time low, high, hold, skew, condition;
  bool spikes;

  static constexpr Time kLow = 147 * kNs;     // the answer comes within 125, 22 are set-up
  static constexpr Time kHigh = 76 * kNs;
  static constexpr Time kSkew = 100 * kNs;
  static constexpr Time kCondition = 150 * kNs + 1;
  static constexpr Time kSlow = 10'000 * kNs;  // 100 kHz
  static constexpr Time kSpike = 50 * kNs;
  static constexpr Time kCalm = 250 * kNs;  // from an edge to a spike

  static Timing drawn(Dice& dice) {
    Timing timing;
    // All periods, short ones more often: they are the harder, and take less time.
    const double decades = double(kSlow) / double(kLow + kHigh);
    const double slow = std::pow(dice.unit(), 8);
    const double period = double(kLow + kHigh) * std::pow(decades, slow);
    timing.skew = dice.one_in(2) ? 0 : dice.below(kSkew + 1);
    // The host sees the answer before it lets SCL go.
    const Time shortest = kLow + timing.skew;
    const Time spare = std::max<Time>(0, Time(period) - shortest - kHigh);
    timing.low = shortest + (dice.one_in(4) ? 0 : dice.below(spare + 1));
    // SDA stays for a clock behind the rise of SCL, wherever that is seen.
    timing.high = std::max({kHigh, timing.skew + kPeriod + kNs, Time(period) - timing.low});
    timing.hold = dice.one_in(3) ? 0 : dice.one_in(2) ? timing.low : dice.below(timing.low + 1);
    timing.condition = kCondition + timing.skew + (dice.one_in(2) ? 0 : dice.below(2000 * kNs));
    timing.spikes = dice.one_in(3);
    return timing;
  }
};
