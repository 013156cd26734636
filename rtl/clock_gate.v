// SPDX-License-Identifier: Apache-2.0
//
// A clock that runs only in the periods before which en_i was high: en_i is sampled while clk_i is
// low and kept while it is high, so that clk_o has whole pulses only.
// A kept module of its own, because a synthesiser is to put the clock gate of its library in its
// place; the latch and the gate below are what remains where the library has none.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module clock_gate (
    input  wire clk_i,
    input  wire en_i,
    output wire clk_o
);

  reg enable_q;

  // Blocking, as the clock path must be: registers behind clk_o then sample what those behind
  // clk_i sample at the same edge. A latch is what is meant.
  /* verilator lint_off LATCH */
  always @* begin
    if (!clk_i) begin
      enable_q = en_i;
    end
  end
  /* verilator lint_on LATCH */

  assign clk_o = clk_i && enable_q;

endmodule
