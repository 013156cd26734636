// SPDX-License-Identifier: Apache-2.0
//
// Chips in step on the same pins, the first of them clean: in each other one, transients one after
// the other, each until the chip holds what the clean one does and shows it, or never will. SDA is a
// wire of each chip's own; the host listens to the clean one. The file that includes it (lanes.py)
// defines what it shares with Python: the constants of the chip, the number of words that hold a bit
// of every chip, kUntold, and enum Part, which is kinds of state and then what leaves the chip.

#include <cstring>
#include <memory>

#include "kinds.hpp"
#include "netlist.hpp"
#include "traffic.hpp"

extern "C" {
// Two nets, or one and -1; halves of a clock from the edge up until it begins, and how many it lasts.
struct Transient {
  int32_t net[2], start, length;
};
// events: 0 none, 1 one every clock, 2 with gaps. Transients begin up to `spread` clocks after the one
// before is over; `aimed`: around the end of a byte that is written; `limit`: clocks after which what
// differs is taken to stay.
struct Setting {
  int32_t events, spread, aimed, limit;
  uint64_t seed;
};
// As Outcome of lanes.py.
struct Outcome {
  uint8_t kind, marked, told, written;
  uint16_t spoiled, wrong;
  uint32_t clocks;
};
}

namespace {

constexpr uint16_t kReports = 1 << kReport;
// Clocks in which a report has to come, and after which a wrong byte that is sent or a wrong CRC is
// taken to stay until the next one.
constexpr int kRest = 4, kStays = 64;

class Lanes : public Traffic<Lanes> {
 public:
  explicit Lanes(const int32_t* numbers) : from_(numbers), netlist_(from_) {
    for (int* net : {&reset_, &scl_net_, &sda_net_, &valid_net_, &sda_oe_, &valid_o_, &alarm_})
      *net = from_.next();
    take(free_);
    take(results_);
    const int bits = from_.next();
    const int32_t* numbers_of_bits = from_.skip(size_t(bits) * kOfBit);
    for (int i = 0; i < bits; i++) {
      const int32_t* n = numbers_of_bits + kOfBit * i;
      bits_.push_back({{n[0], n[1], n[2]}, n[3] % kUntold, n[3] < kUntold});
    }
    written_before_.assign(bits_.size(), 0);
    reset();
  }

  void reset() {
    netlist_.source(reset_) = W{};
    wait(4);
    netlist_.source(reset_) = ~W{};
    wait(kIdle);
  }

  void put(const int32_t* bits, const uint8_t* values, int count) {
    for (int i = 0; i < count; i++) {
      for (int copy : bits_[bits[i]].copy)
        netlist_.state(copy >> 1) = all_of(values[i] != (copy & 1));
    }
    pulses_.clear();
    netlist_.settle(pulses_);
  }

  void tick() {
    step_aim();
    for (int lane = 1; lane < kLanes && next_ < wanted_; lane++) begin(lane);
    netlist_.source(scl_net_) = all_of(scl_);
    netlist_.source(sda_net_) = all_of(sda_) & ~netlist_.net(sda_oe_);
    const bool valid = setting_.events == 1 || (setting_.events == 2 && random_.below(4) != 0);
    netlist_.source(valid_net_) = all_of(valid);
    for (int net : free_) netlist_.source(net) = all_of(random_.below(2));
    for (bool high : {true, false}) {
      pulses_.clear();
      for (int lane = 1; lane < kLanes; lane++) press(lane);
      netlist_.half(high, pulses_);
    }
    look();
  }

  bool wire() const { return sda_ && !(netlist_.net(sda_oe_)[0] & 1); }

  void inject(const Setting& setting, const Region* regions, int regions_count,
              const Transient* transients, int count, Outcome* outcomes) {
    setting_ = setting;
    aimed_ = setting.aimed;
    random_ = Random(setting.seed);
    regions_.assign(regions, regions + regions_count);
    transients_ = transients;
    outcomes_ = outcomes;
    next_ = done_ = 0;
    wanted_ = count;
    while (done_ < wanted_) {
      if (regions_.empty()) {
        tick();
      } else {
        transfer();
      }
    }
    setting_.events = 0;
    wait(kRest);
  }

 private:
  static constexpr int kOfBit = 4;
  struct Bit {
    int copy[3];  // flip-flop, times two, and one where it holds the inverse
    int part;
    bool told;
  };
  struct Lane {
    bool active = false, pressed = false, at_edge = false;
    int index = 0, pause = 0, start = 0, left = 0, age = 0, rest = 0, lost = 0, pulled = 0;
    Outcome outcome = {};
  };

  void take(std::vector<int>& found) {
    const int count = from_.next();
    const int32_t* first = from_.skip(count);
    found.assign(first, first + count);
  }

  void begin(int number) {
    Lane& lane = lane_[number];
    if (lane.active || (aimed_ && !in_aim()) || lane.pause-- > 0) return;
    lane = {};
    lane.active = true;
    lane.index = next_++;
    lane.start = transients_[lane.index].start;
    lane.left = transients_[lane.index].length;
  }

  // Adds what is inverted in a lane in the half to come.
  void press(int number) {
    Lane& lane = lane_[number];
    lane.at_edge = false;
    if (!lane.active || lane.left == 0) return;
    if (lane.start > 0) {
      lane.start--;
      return;
    }
    lane.left--;
    lane.pressed = lane.at_edge = true;
    for (int net : transients_[lane.index].net) {
      if (net >= 0) pulses_.push_back({number, net});
    }
  }

  void look() {
    W differs[kParts] = {}, spoiled[kParts] = {}, marked{};
    const bool written = compare(differs, spoiled, marked);
    for (int net : results_) spoiled[kResults] |= netlist_.net(net) ^ first_lane(netlist_.net(net));
    const W& oe = netlist_.net(sda_oe_);
    spoiled[kSda] = oe ^ first_lane(oe);
    const W& valid = netlist_.net(valid_o_);
    const W told = netlist_.net(alarm_) & ~first_lane(netlist_.net(alarm_));
    const bool results = valid[0] & 1, pulls = oe[0] & 1;
    for (int number = 1; number < kLanes; number++) {
      Lane& lane = lane_[number];
      if (!lane.active) continue;
      uint16_t now = 0, open = 0;
      for (int part = 0; part < kParts; part++) {
        now |= in_lane(spoiled[part], number) << part;
        open |= in_lane(part < kStates ? differs[part] : spoiled[part], number) << part;
      }
      Outcome& found = lane.outcome;
      found.spoiled |= now;
      found.marked |= in_lane(marked, number);
      found.told |= in_lane(told, number);
      found.wrong += now >> kResults & 1;
      found.written |= written && was_at_edge_[number];
      lane.lost = in_lane(valid, number) ? 0 : lane.lost + results;
      lane.pulled = in_lane(oe, number) && !pulls ? lane.pulled + 1 : 0;
      was_at_edge_[number] = lane.at_edge;
      lane.rest = lane.pressed || lane.start > 0 || lane.left > 0 ? 0 : lane.rest + 1;
      lane.pressed = false;
      lane.age++;
      finish(number, uint16_t(open & ~kReports), in_lane(netlist_.net(alarm_), number));
    }
  }

  void finish(int number, uint16_t open, bool alarm) {
    Lane& lane = lane_[number];
    Outcome& found = lane.outcome;
    if (lane.rest < kRest) return;
    if (open == 0) {
      found.kind = (found.spoiled & ~kReports) != 0 ? kRecovered : kCorrected;
    } else {
      const bool sent_alone = open == 1 << kSent;
      if (lane.rest < (sent_alone ? std::min(kStays, setting_.limit) : setting_.limit)) return;
      const bool dead = std::max(lane.lost, lane.pulled) > setting_.limit / 2;
      found.kind = dead ? kHung : alarm ? kStanding : kSilent;
      netlist_.restore(number);
    }
    found.clocks = lane.age;
    outcomes_[lane.index] = found;
    done_++;
    lane.active = false;
    lane.pause = int(random_.below(setting_.spread + 1));
  }

  // By part, lanes that hold something else than the first, and whose votes do; lanes whose copies
  // disagree; whether the weight image of the first has changed.
  bool compare(W* differs, W* spoiled, W& marked) {
    bool written = false;
    for (size_t i = 0; i < bits_.size(); i++) {
      const Bit& bit = bits_[i];
      W copy[3];
      for (int k = 0; k < 3; k++) copy[k] = netlist_.state(bit.copy[k] >> 1) ^ all_of(bit.copy[k] & 1);
      const W wanted = first_lane(copy[0]);
      const W apart = (copy[0] ^ copy[1]) | (copy[0] ^ copy[2]);
      const W vote = (copy[0] & copy[1]) | (copy[0] & copy[2]) | (copy[1] & copy[2]);
      differs[bit.part] |= apart | (copy[0] ^ wanted);
      spoiled[bit.part] |= vote ^ wanted;
      if (bit.told) marked |= apart;
      if (aimed_ && bit.part == kImage) {
        written |= written_before_[i] != uint8_t(wanted[0] & 1);
        written_before_[i] = uint8_t(wanted[0] & 1);
      }
    }
    return written;
  }

  Numbers from_;
  Netlist netlist_;
  int reset_, scl_net_, sda_net_, valid_net_, sda_oe_, valid_o_, alarm_;
  std::vector<int> free_, results_;
  std::vector<Bit> bits_;
  std::vector<uint8_t> written_before_;
  std::vector<Netlist::Pulse> pulses_;
  Lane lane_[kLanes];
  bool was_at_edge_[kLanes] = {};
  Setting setting_ = {};
  const Transient* transients_ = nullptr;
  Outcome* outcomes_ = nullptr;
  int next_ = 0, done_ = 0, wanted_ = 0;
};

// What a caller is told, who knows no exceptions: 0 done, 1 the netlist does not settle.
template <class Use>
int tried(Use use) {
  try {
    use();
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}

}  // namespace

extern "C" {
Lanes* lanes_new(const int32_t* numbers) {
  Lanes* made = nullptr;
  tried([&] { made = new Lanes(numbers); });
  return made;
}
void lanes_delete(Lanes* lanes) { delete lanes; }
int lanes_put(Lanes* lanes, const int32_t* bits, const uint8_t* values, int count) {
  return tried([&] { lanes->put(bits, values, count); });
}
int lanes_write(Lanes* lanes, int address, const uint8_t* data, int count) {
  int acknowledged = -1;
  tried([&] { acknowledged = lanes->write(address, data, count); });
  return acknowledged;
}
int lanes_read(Lanes* lanes, int address, uint8_t* data, int count) {
  int acknowledged = -1;
  tried([&] { acknowledged = lanes->read(address, data, count); });
  return acknowledged;
}
int lanes_inject(Lanes* lanes, const Setting* setting, const Region* regions, int regions_count,
                 const Transient* transients, int count, Outcome* outcomes) {
  return tried(
      [&] { lanes->inject(*setting, regions, regions_count, transients, count, outcomes); });
}
}
