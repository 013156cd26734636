// SPDX-License-Identifier: Apache-2.0
//
// Streams clocks through a verilated encoder of frames. A clock in is a row of words: valid_i in bit 0
// of the first and counter_i above it, then calq_i; a clock out is valid_o, tmr_error_o in bit 1, then
// frame_o. Both have their lowest word first. What leaves is sampled before the edge that takes the row.

#include <cstdint>
#include <cstring>
#include <memory>

#include "Vasicae_adaptive_choice.h"
#include "verilated.h"

namespace {

constexpr int kReset = 16;  // clocks: the reset ends three edges after its pin

template <typename Port>
uint32_t* words_of(Port& port) {
  return reinterpret_cast<uint32_t*>(&port);
}

}  // namespace

extern "C" void asicae_stream(const uint32_t* in, uint32_t* out, size_t clocks) {
  VerilatedContext context;
  Verilated::threadContextp(&context);
  context.threads(1);
  Vasicae_adaptive_choice top(&context, "top");
  const size_t charges = sizeof(top.calq_i), frame = sizeof(top.frame_o);
  const size_t row_in = 1 + charges / 4, row_out = 1 + frame / 4;
  std::memset(words_of(top.calq_i), 0, charges);
  top.valid_i = 0;
  top.counter_i = 0;
  for (int clock = 0; clock < kReset; ++clock) {
    top.rst_ni = clock >= kReset / 2;
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
  }
  for (size_t clock = 0; clock < clocks; ++clock, in += row_in, out += row_out) {
    top.valid_i = in[0] & 1;
    top.counter_i = in[0] >> 1;
    std::memcpy(words_of(top.calq_i), in + 1, charges);
    top.clk_i = 0;
    top.eval();
    out[0] = top.valid_o | top.tmr_error_o << 1;
    std::memcpy(out + 1, words_of(top.frame_o), frame);
    top.clk_i = 1;
    top.eval();
  }
  top.final();
}
