// SPDX-License-Identifier: Apache-2.0
//
// Which of the PHASES fast clocks of a crossing it is: one line each, of which one is high at a
// time. clk_fast_i has PHASES periods in each of clk_i, and a rising edge with each of its.
//
// Nothing counts. A bit that every edge of clk_i inverts differs from what the fast clock saw of it
// last in the first fast clock of a crossing, and then only; that goes down a chain. Whatever is in
// the chain leaves it within a crossing, and each crossing begins from its own edge. All of it is
// there three times, voted at each step.
// phase_o is that of the first copy: a transient on it spoils the event that is on its way.
// error_o stays high until clk_i has seen it.

module phase_chain #(
    parameter integer PHASES = 4
) (
    input  wire              clk_i,
    input  wire              clk_fast_i,
    input  wire [       2:0] rst_ni,
    output wire [PHASES-1:0] phase_o,
    output wire              error_o
);

  // What the fast clock keeps: the last of crossing_q that it saw, the phases behind the first, and
  // whether copies disagreed in this crossing.
  localparam integer STATE = PHASES + 1;

  wire [2:0] crossing_q;
  wire [3*STATE-1:0] state_q;
  wire [3*STATE-1:0] state_d;
  wire [3*PHASES-1:0] phase;
  wire [2:0] told;
  wire crossing_error;
  wire state_error;
  wire unused_copies;

  tmr_register #(
      .WIDTH(1),
      .RESET(1'b0)
  ) u_crossing (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (~crossing_q),
      .q_o    (crossing_q),
      .error_o(crossing_error)
  );

  tmr_register #(
      .WIDTH(STATE),
      .RESET({STATE{1'b0}})
  ) u_state (
      .clk_i  (clk_fast_i),
      .rst_ni (rst_ni),
      .d_i    (state_d),
      .q_o    (state_q),
      .error_o(state_error)
  );

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      wire seen_q;
      wire told_q;
      wire [PHASES-2:0] later_q;
      wire [PHASES-1:0] now;

      assign {told_q, later_q, seen_q} = state_q[STATE*copy+:STATE];
      assign now = {later_q, crossing_q[copy] ^ seen_q};
      assign told[copy] = told_q || state_error;
      assign phase[PHASES*copy+:PHASES] = now;
      assign state_d[STATE*copy+:STATE] = {
        told[copy] && !now[PHASES-1], now[PHASES-2:0], crossing_q[copy]
      };
    end
  endgenerate

  assign phase_o = phase[PHASES-1:0];
  assign error_o = crossing_error || told[0];
  assign unused_copies = ^{phase[3*PHASES-1:PHASES], told[2:1]};

endmodule
