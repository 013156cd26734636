// SPDX-License-Identifier: Apache-2.0
//
// A mapped netlist without delays, one bit of each word a chip of its own (a lane), half a clock at a
// time. In any lane any net may be inverted for some halves: what a gate drives is inverted as soon
// as it is computed, and all that follows sees it so.
//
// A half begins with the clock at its level, of which flip-flops that open with that edge take what
// stood at their inputs at the end of the half before, inverted nets included. Clock gates and what
// else carries the clock come before that, so that a net that carries it may make an edge too. What
// is asynchronous acts at once. cells.hpp, which is made of the library, has the cells.

#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

constexpr int kLanes = 64 * kWords;
typedef uint64_t W __attribute__((vector_size(8 * kWords)));

#include "cells.hpp"

inline W all_of(bool bit) { return bit ? ~W{} : W{}; }
// Every lane as the first.
inline W first_lane(const W& word) { return all_of(word[0] & 1); }
inline bool any(const W& word) {
  uint64_t found = 0;
  for (int i = 0; i < kWords; i++) found |= word[i];
  return found != 0;
}
inline bool in_lane(const W& word, int lane) { return word[lane / 64] >> (lane % 64) & 1; }

// Reads the numbers that program.py wrote, in the same order.
class Numbers {
 public:
  explicit Numbers(const int32_t* from) : at_(from) {}
  int32_t next() { return *at_++; }
  const int32_t* skip(size_t count) {
    const int32_t* here = at_;
    at_ += count;
    return here;
  }

 private:
  const int32_t* at_;
};

class Netlist {
 public:
  // Cells of one kind that follow from what comes before them, or flip-flops of one kind.
  struct Group {
    int kind, rows;
    const int32_t* pins;
    size_t first;  // of flip-flops: of the first among all
  };
  struct Pulse {
    int lane, net;
  };

  explicit Netlist(Numbers& from) {
    nets_ = from.next();
    clock_ = from.next();
    held_.assign(from.next(), W{});
    read(from, gates_);
    read(from, clocks_);
    read(from, flip_flops_);
    size_t count = 0;
    for (Group& group : flip_flops_) {
      group.first = count;
      count += group.rows;
    }
    where_ = from.skip(nets_);
    where_clock_ = from.skip(nets_);
    const int sources = from.next();
    const int32_t* source = from.skip(sources);
    sources_.assign(source, source + sources);
    base_.assign(sources, W{});
    place_.assign(nets_, -1);
    for (int i = 0; i < sources; i++) place_[sources_[i]] = i;
    value_.assign(nets_ + 1, W{});  // the last takes what nothing listens to
    value_[1] = ~W{};
    state_.assign(count, W{});
    data_ = clock_before_ = clock_now_ = state_;
  }

  // A net that is driven from outside, from the next half on.
  W& source(int net) { return base_[place_[net]]; }
  const W& net(int net) const { return value_[net]; }
  W& state(size_t flip_flop) { return state_[flip_flop]; }
  const W& state(size_t flip_flop) const { return state_[flip_flop]; }

  // The next half of a clock, with these nets inverted all along.
  void half(bool high, std::vector<Pulse>& pulses) {
    for (const Group& g : flip_flops_)
      sample(g.kind, value_.data(), g.pins, g.rows, &state_[g.first], &data_[g.first]);
    source(clock_) = all_of(high);
    put_sources();
    sweep(clocks_, where_clock_, pulses);
    take_edges();
    settle(pulses);
  }

  // After anything that holds state was put.
  void settle(std::vector<Pulse>& pulses) {
    for (int pass = 0; pass < kPasses; pass++) {
      put_sources();
      for (const Group& g : flip_flops_)
        drive(g.kind, value_.data(), g.pins, g.rows, &state_[g.first]);
      sweep(gates_, where_, pulses);
      W changed{};
      for (const Group& g : flip_flops_)
        forced(g.kind, value_.data(), g.pins, g.rows, &state_[g.first], changed);
      if (!any(changed)) {
        look_at_clocks(clock_before_);
        return;
      }
    }
    throw std::runtime_error("does not settle");
  }

  // A lane becomes as the first.
  void restore(int lane) {
    const auto copy = [lane](W& word) {
      const uint64_t bit = uint64_t(1) << (lane % 64);
      uint64_t part = word[lane / 64] & ~bit;
      if (word[0] & 1) part |= bit;
      word[lane / 64] = part;
    };
    for (auto* words : {&value_, &state_, &held_, &clock_before_})
      for (W& word : *words) copy(word);
  }

 private:
  static constexpr int kPasses = 16;

  static void read(Numbers& from, std::vector<Group>& groups) {
    const int count = from.next();
    for (int i = 0; i < count; i++) {
      const int kind = from.next(), rows = from.next(), columns = from.next();
      groups.push_back({kind, rows, from.skip(size_t(rows) * columns), 0});
    }
  }

  void put_sources() {
    for (size_t i = 0; i < sources_.size(); i++) value_[sources_[i]] = base_[i];
  }

  void sweep(const std::vector<Group>& groups, const int32_t* where, std::vector<Pulse>& pulses) {
    std::sort(pulses.begin(), pulses.end(), [where](const Pulse& a, const Pulse& b) {
      return where[a.net] < where[b.net];
    });
    auto pulse = pulses.begin();
    for (int at = kSource; at < int(groups.size()); at++) {
      if (at >= 0) {
        const Group& g = groups[at];
        ::settle(g.kind, value_.data(), g.pins, g.rows, held_.data());
      }
      for (; pulse != pulses.end() && where[pulse->net] <= at; ++pulse) {
        if (where[pulse->net] == at)
          value_[pulse->net][pulse->lane / 64] ^= uint64_t(1) << (pulse->lane % 64);
      }
    }
  }

  void look_at_clocks(std::vector<W>& found) {
    for (const Group& g : flip_flops_)
      opened(g.kind, value_.data(), g.pins, g.rows, &found[g.first]);
  }

  void take_edges() {
    look_at_clocks(clock_now_);
    for (size_t i = 0; i < state_.size(); i++) {
      const W edge = clock_now_[i] & ~clock_before_[i];
      state_[i] = (edge & data_[i]) | (~edge & state_[i]);
    }
  }

  static constexpr int kSource = -1;  // where nets are that no gate drives; before: not at all

  int nets_, clock_;
  std::vector<Group> gates_, clocks_, flip_flops_;
  const int32_t *where_, *where_clock_;
  std::vector<int> sources_, place_;
  std::vector<W> base_, value_, state_, held_, data_, clock_before_, clock_now_;
};
