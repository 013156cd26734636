// SPDX-License-Identifier: Apache-2.0
//
// Triplicated word of bytes whose clock stands still while nothing happens. It runs in a clock in
// which a byte is written, in which the copies disagree (an idle word corrects itself at the next
// edge, as tmr_register does), and during reset, which clears the word at a clock edge.
//
// The vote is inside the loop. A pulse of the gated clock that should not be therefore loads what is
// there already, and one that is missing leaves a disagreement that asks for the next; hence one
// clock gate is enough. What a transient can do at an edge at which the clock runs: a byte select
// that is spuriously high loads all copies with what lies on the bus, and so does, with VOTERS = 1,
// a wrong voter with what it says while another byte of the word is written or an upset corrected.
// A word that stands still is out of reach of the second.

module tmr_gated_word #(
    parameter integer WIDTH  = 32,
    parameter integer VOTERS = 1,
    parameter integer LANES  = (WIDTH + 7) / 8
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    // One bit a byte.
    input  wire [LANES-1:0] en_i,
    input  wire [      7:0] d_i,
    output wire [WIDTH-1:0] q_o,
    output wire             error_o
);

  wire clk;
  wire [WIDTH-1:0] copy_a;
  wire [WIDTH-1:0] copy_b;
  wire [WIDTH-1:0] copy_c;
  wire [WIDTH-1:0] voted_a;
  wire [WIDTH-1:0] next_a;
  wire [WIDTH-1:0] next_b;
  wire [WIDTH-1:0] next_c;
  // What a written byte brings, and which bits stay; neither while reset is active, so that zeros
  // are loaded.
  wire [WIDTH-1:0] written;
  wire [WIDTH-1:0] held;

  generate
    genvar place;
    for (place = 0; place < WIDTH; place = place + 1) begin : g_bit
      assign written[place] = rst_ni && en_i[place/8] && d_i[place%8];
      assign held[place] = rst_ni && !en_i[place/8];
    end

    if (WIDTH < 8) begin : g_part
      wire unused_spare;
      assign unused_spare = ^d_i[7:WIDTH];
    end
  endgenerate

  clock_gate u_clock_gate (
      .clk_i(clk_i),
      .en_i (!rst_ni || (|en_i) || error_o),
      .clk_o(clk)
  );

  tmr_gated_copy #(
      .WIDTH(WIDTH)
  ) u_copy_a (
      .clk_i(clk),
      .d_i  (next_a),
      .q_o  (copy_a)
  );

  tmr_gated_copy #(
      .WIDTH(WIDTH)
  ) u_copy_b (
      .clk_i(clk),
      .d_i  (next_b),
      .q_o  (copy_b)
  );

  tmr_gated_copy #(
      .WIDTH(WIDTH)
  ) u_copy_c (
      .clk_i(clk),
      .d_i  (next_c),
      .q_o  (copy_c)
  );

  voter #(
      .WIDTH(WIDTH)
  ) u_voter_a (
      .a_i(copy_a),
      .b_i(copy_b),
      .c_i(copy_c),
      .q_o(voted_a)
  );

  assign next_a = written | (held & voted_a);

  generate
    if (VOTERS == 3) begin : g_three
      wire [WIDTH-1:0] voted_b;
      wire [WIDTH-1:0] voted_c;

      voter #(
          .WIDTH(WIDTH)
      ) u_voter_b (
          .a_i(copy_a),
          .b_i(copy_b),
          .c_i(copy_c),
          .q_o(voted_b)
      );

      voter #(
          .WIDTH(WIDTH)
      ) u_voter_c (
          .a_i(copy_a),
          .b_i(copy_b),
          .c_i(copy_c),
          .q_o(voted_c)
      );

      assign next_b = written | (held & voted_b);
      assign next_c = written | (held & voted_c);
    end else begin : g_one
      assign next_b = next_a;
      assign next_c = next_a;
    end
  endgenerate

  assign q_o = voted_a;
  assign error_o = (copy_a != copy_b) || (copy_a != copy_c);

endmodule
