// SPDX-License-Identifier: Apache-2.0
//
// Streams clocks through a verilated encoder without a bus; see stream.hpp. What a model that counts has
// counted goes to the file coverage.

#include "Vasicae_adaptive_choice.h"
#include "stream.hpp"
#include "verilated.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace {

constexpr int kReset = 16;  // clocks: the reset ends three edges after its pin

}  // namespace

extern "C" void asicae_stream(const uint32_t* in, uint32_t* out, size_t clocks, const char* coverage) {
  VerilatedContext context;
  Verilated::threadContextp(&context);
  context.threads(1);
  Vasicae_adaptive_choice top(&context, "top");
  const auto level = [&top](bool high) {
    top.clk_i = high;
    top.eval();
  };
  idle(top);
  for (int clock = 0; clock < kReset; ++clock) {
    top.rst_ni = clock >= kReset / 2;
    level(false);
    level(true);
  }
  stream(top, in, out, clocks, [&] { level(false); }, [&] { level(true); });
  top.final();
#if VM_COVERAGE
  context.coveragep()->write(coverage);
#else
  (void)coverage;
#endif
}
