// SPDX-License-Identifier: Apache-2.0
//
// The reset of the chip, three times, from one pin: asserted without a clock, released in step with
// it. Copy k resets copy k of every register, and nothing else.
//
// * Filter: a copy is reset while the pin is low and was low before, a chain of inverters ago. A
//   pulse shorter than the chain is none, and a transient in the chain is without effect. STAGES
//   inverters take 0.7 ns and more; they have no delay where they are simulated without any.
// * Release: two registers against metastability and a third that all three copies leave in the same
//   clock.
// * A copy is reset when its own third flip-flop says so, and one of the others. Where one flip-flop
//   alone does, of its upset or of a transient in one filter, nothing is: no gate for another copy
//   can have a hazard then, as its own flip-flop decides. A transient behind that resets one copy
//   for as long as it lasts, and the others outvote it.

module reset_control #(
    parameter integer STAGES = 64
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    output wire [2:0] rst_no,
    output wire       error_o
);

  wire [2:0] filtered;
  wire [2:0] first_q;
  wire [2:0] second_q;
  wire [2:0] third_q;
  wire first_error;
  wire second_error;

  generate
    genvar copy;
    genvar stage;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      wire [STAGES:0] chain;

      assign chain[0] = rst_ni;

      for (stage = 0; stage < STAGES; stage = stage + 1) begin : g_stage
        delay_inverter u_inverter (
            .a_i(chain[stage]),
            .q_o(chain[stage+1])
        );
      end

      glitch_filter u_filter (
          .now_i(rst_ni),
          .then_i(chain[STAGES]),
          .q_o(filtered[copy])
      );

      assign rst_no[copy] =
          third_q[copy] || (third_q[(copy + 1) % 3] && third_q[(copy + 2) % 3]);
    end
  endgenerate

  tmr_register u_first (
      .clk_i  (clk_i),
      .rst_ni (filtered),
      .d_i    (3'b111),
      .q_o    (first_q),
      .error_o(first_error)
  );

  tmr_register u_second (
      .clk_i  (clk_i),
      .rst_ni (filtered),
      .d_i    (first_q),
      .q_o    (second_q),
      .error_o(second_error)
  );

  reset_stage u_third (
      .clk_i (clk_i),
      .rst_ni(filtered),
      .d_i   (second_q),
      .q_o   (third_q)
  );

  assign error_o = first_error || second_error || (third_q != {3{third_q[0]}});

endmodule
