// Event-driven simulation of a gate-level netlist with a delay for every way through a gate.
//
// A gate is one output of one library cell. An input that changes the gate's function schedules a
// change of its output after the delay of that input in the state that it leads to. How pulses
// shorter than that delay are treated is the caller's choice, see Pulses.
//
// What follows without delay happens in the order of the levels, so that with all delays at nought
// every net changes at most once a clock, to its final value.

#include <algorithm>
#include <cstdint>
#include <exception>
#include <vector>

namespace {

// Inertial: a change that the function takes back before it arrived never happens.
// Sampled: at every moment for which a change was scheduled, the output takes the value that the
// function has then; nothing is taken back. Icarus Verilog treats its module paths so.
enum Pulses : int32_t { INERTIAL = 0, SAMPLED = 1 };

constexpr int32_t NONE = -1;

}  // namespace

extern "C" {

// All arrays belong to the caller; times are ticks.
struct Netlist {
  int32_t nets;
  int32_t gates;                 // sources first: gates without inputs, driven from outside
  int32_t sources;
  int32_t wheel;                 // a power of two above every delay of a gate
  const int32_t* output;         // by gate: its net
  const int32_t* level;          // by gate
  const int32_t* inputs;         // by gate: number of inputs
  const int64_t* truth_start;    // by gate: into truth
  const uint8_t* truth;          // by state of the inputs, input 0 in bit 0
  const int64_t* delay_start;    // by gate: into delay
  const int32_t* delay;          // by input and state: [input << inputs | state after the change]
  const int32_t* pin_net;        // by input of a gate, from pin_start on: its net
  const int64_t* pin_start;      // by gate
  const int64_t* listener_start; // by net, one more than nets
  const int32_t* listener;       // gate << 4 | input
  const int32_t* source_rise;    // by source: when it rises, from the clock edge on
  const int32_t* source_fall;
};

// Values of all nets at the end of every clock, 64 clocks a word: (nets, words).
struct Clocks {
  const uint64_t* values;
  int64_t words;
  int64_t first;  // the first clock that is simulated; the one before is the settled start
  int64_t count;
};

struct Outcome {
  int64_t events;     // changes of nets
  int64_t latest;     // the latest one, from its clock edge on
  int64_t wrong_net;  // a net that did not end a clock as it should, or -1
  int64_t wrong_clock;
};

}  // extern "C"

namespace {

class Simulation {
 public:
  Simulation(const Netlist& netlist, const Clocks& clocks, int32_t pulses, uint32_t* changes,
             Outcome& outcome)
      : n(netlist), clocks(clocks), pulses(pulses), changes(changes), outcome(outcome),
        value(n.nets), gates(n.gates), head(n.wheel, NONE), busy(n.wheel / 64 + 1) {
    for (int32_t gate = 0; gate < n.gates; ++gate)
      gates[gate] = {n.delay_start[gate], n.output[gate], n.level[gate],
                     int32_t(n.truth_start[gate]), 0, 0, uint8_t(n.inputs[gate]), 0, 0};
  }

  void run() {
    settle(clocks.first - 1);
    for (int64_t clock = clocks.first; clock < clocks.first + clocks.count; ++clock) {
      launch(clock);
      while (next_moment()) play_moment();
      if (!check(clock)) return;
    }
  }

 private:
  // All that a change looks at, together, so that it is fetched together.
  struct Gate {
    int64_t delay;
    int32_t output;
    int32_t level;
    int32_t truth;
    uint32_t state;     // its inputs
    uint32_t serial;    // of the latest change that was scheduled
    uint8_t inputs;
    uint8_t function;   // of the inputs as they are now
    uint8_t pending;    // a change is under way
  };
  struct Event {
    int32_t gate;
    uint32_t serial;
    int32_t next;
  };
  struct Due {
    int32_t level;
    Event event;
    bool operator<(const Due& other) const { return level > other.level; }  // lowest on top
  };
  struct Launch {
    int64_t time;
    int32_t source;
  };

  bool wanted(int32_t net, int64_t clock) const {
    return clocks.values[net * clocks.words + clock / 64] >> (clock % 64) & 1;
  }

  void settle(int64_t clock) {
    for (int32_t net = 0; net < n.nets; ++net) value[net] = wanted(net, clock);
    for (int32_t gate = 0; gate < n.gates; ++gate) {
      gates[gate].function = value[n.output[gate]];
      for (int32_t pin = 0; pin < n.inputs[gate]; ++pin)
        gates[gate].state |= uint32_t(value[n.pin_net[n.pin_start[gate] + pin]]) << pin;
    }
  }

  void launch(int64_t clock) {
    launches.clear();
    for (int32_t source = 0; source < n.sources; ++source) {
      const bool next = wanted(n.output[source], clock);
      if (next != bool(value[n.output[source]]))
        launches.push_back({next ? n.source_rise[source] : n.source_fall[source], source});
    }
    std::sort(launches.begin(), launches.end(), [](const Launch& a, const Launch& b) {
      return a.time != b.time ? a.time < b.time : a.source < b.source;
    });
    launched = 0;
    now = 0;
  }

  // Steps to the next moment at which anything happens; false when the netlist is quiet.
  bool next_moment() {
    const bool more = launched < launches.size();
    if (waiting == 0) {
      if (!more) return false;
      now = launches[launched].time;
      return true;
    }
    const int64_t limit = more ? launches[launched].time : INT64_MAX;
    int64_t slot = now & (n.wheel - 1);
    int64_t passed = 0;
    while (true) {
      const uint64_t word = busy[slot / 64] >> (slot % 64);
      if (word != 0) {
        passed += __builtin_ctzll(word);
        break;
      }
      const int64_t step = std::min<int64_t>(64 - slot % 64, n.wheel - slot);
      passed += step;
      slot = (slot + step) & (n.wheel - 1);
    }
    now = std::min(now + passed, limit);
    return true;
  }

  // All that was under way arrives first, so that a pulse as long as the delay passes; then what
  // follows from it without delay, by level.
  void play_moment() {
    arrived.clear();
    for (; launched < launches.size() && launches[launched].time == now; ++launched)
      flip(launches[launched].source);
    take([this](const Event& event) { arrive(event); });
    for (size_t at = 0; at < arrived.size(); ++at) tell(arrived[at]);
    while (true) {
      take([this](const Event& event) {
        due.push_back({gates[event.gate].level, event});
        std::push_heap(due.begin(), due.end());
      });
      if (due.empty()) return;
      std::pop_heap(due.begin(), due.end());
      const Event event = due.back().event;
      due.pop_back();
      arrived.clear();
      arrive(event);
      if (!arrived.empty()) tell(event.gate);
    }
  }

  // Hands over the events of this moment and forgets them.
  template <typename Use>
  void take(Use use) {
    const int64_t slot = now & (n.wheel - 1);
    int32_t node = head[slot];
    head[slot] = NONE;
    busy[slot / 64] &= ~(uint64_t(1) << (slot % 64));
    while (node != NONE) {
      const Event event = pool[node];
      spare.push_back(node);
      --waiting;
      node = event.next;
      use(event);
    }
  }

  void arrive(const Event& event) {
    Gate& gate = gates[event.gate];
    if (pulses == INERTIAL) {
      if (!gate.pending || gate.serial != event.serial) return;  // taken back
      gate.pending = 0;
    } else if (value[gate.output] == gate.function) {
      return;
    }
    flip(event.gate);
  }

  void flip(int32_t gate) {
    const int32_t net = gates[gate].output;
    value[net] ^= 1;
    ++changes[net];
    ++outcome.events;
    outcome.latest = std::max(outcome.latest, now);
    arrived.push_back(gate);
  }

  // Those who listen to the net of a gate look at it.
  void tell(int32_t gate) {
    const int32_t net = gates[gate].output;
    for (int64_t at = n.listener_start[net]; at < n.listener_start[net + 1]; ++at)
      look(n.listener[at] >> 4, n.listener[at] & 15);
  }

  void look(int32_t number, int32_t pin) {
    Gate& gate = gates[number];
    gate.state ^= uint32_t(1) << pin;
    const uint8_t next = n.truth[gate.truth + gate.state];
    if (next == gate.function) return;
    gate.function = next;
    if (pulses == INERTIAL && gate.pending) {
      gate.pending = 0;
      return;
    }
    gate.pending = 1;
    ++gate.serial;
    schedule(number, gate.serial, n.delay[gate.delay + (int64_t(pin) << gate.inputs) + gate.state]);
  }

  void schedule(int32_t gate, uint32_t serial, int32_t delay) {
    int32_t node;
    if (spare.empty()) {
      node = int32_t(pool.size());
      pool.emplace_back();
    } else {
      node = spare.back();
      spare.pop_back();
    }
    const int64_t slot = (now + delay) & (n.wheel - 1);
    pool[node] = {gate, serial, head[slot]};
    head[slot] = node;
    busy[slot / 64] |= uint64_t(1) << (slot % 64);
    ++waiting;
  }

  bool check(int64_t clock) {
    for (int32_t gate = 0; gate < n.gates; ++gate) {
      const int32_t net = n.output[gate];
      if (bool(value[net]) != wanted(net, clock)) {
        outcome.wrong_net = net;
        outcome.wrong_clock = clock;
        return false;
      }
    }
    return true;
  }

  const Netlist& n;
  const Clocks& clocks;
  const int32_t pulses;
  uint32_t* const changes;
  Outcome& outcome;

  std::vector<uint8_t> value;     // by net
  std::vector<Gate> gates;
  std::vector<int32_t> head;      // by slot of the wheel: first event
  std::vector<uint64_t> busy;     // by slot, one bit: there are events
  std::vector<Event> pool;
  std::vector<int32_t> spare;     // events to use again
  std::vector<int32_t> arrived;   // gates whose nets have changed and were not told of
  std::vector<Due> due;           // heap of this moment's events without delay
  std::vector<Launch> launches;   // of this clock, by time
  size_t launched = 0;
  int64_t waiting = 0;            // events in the wheel
  int64_t now = 0;
};

}  // namespace

// Adds the number of changes of every net to changes[nets]. Returns 0, or 1 when out of memory.
extern "C" __attribute__((visibility("default"))) int asicae_simulate(const Netlist* netlist,
                                                                      const Clocks* clocks,
                                                                      int32_t pulses,
                                                                      uint32_t* changes,
                                                                      Outcome* outcome) {
  *outcome = {0, 0, -1, -1};
  try {
    Simulation(*netlist, *clocks, pulses, changes, *outcome).run();
  } catch (const std::exception&) {
    return 1;
  }
  return 0;
}
