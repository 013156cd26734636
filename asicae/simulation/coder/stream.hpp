// SPDX-License-Identifier: Apache-2.0
//
// Streams clocks through a verilated encoder of frames. A clock in is a row of words: valid_i in bit 0
// of the first and counter_i above it, then calq_i; a clock out is valid_o, tmr_error_o in bit 1, then
// frame_o. Both have their lowest word first. What leaves is sampled before the edge that takes the row.

#pragma once

#include <cstdint>
#include <cstring>

template <typename Port>
uint32_t* words_of(Port& port) {
  return reinterpret_cast<uint32_t*>(&port);
}

// No event, from before the reset on.
template <class Top>
void idle(Top& top) {
  std::memset(words_of(top.calq_i), 0, sizeof(top.calq_i));
  top.valid_i = 0;
  top.counter_i = 0;
}

// low() takes the clock down and lets everything settle, high() takes it up.
template <class Top, class Low, class High>
void stream(Top& top, const uint32_t* in, uint32_t* out, size_t clocks, Low low, High high) {
  const size_t charges = sizeof(top.calq_i), frame = sizeof(top.frame_o);
  const size_t row_in = 1 + charges / 4, row_out = 1 + frame / 4;
  for (size_t clock = 0; clock < clocks; ++clock, in += row_in, out += row_out) {
    top.valid_i = in[0] & 1;
    top.counter_i = in[0] >> 1;
    std::memcpy(words_of(top.calq_i), in + 1, charges);
    low();
    out[0] = top.valid_o | top.tmr_error_o << 1;
    std::memcpy(out + 1, words_of(top.frame_o), frame);
    high();
  }
}
