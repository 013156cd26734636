// SPDX-License-Identifier: Apache-2.0
//
// The weight image as weight_bank has it, behind a clock that runs only in a clock in which a byte is
// written or an upset corrected: see tmr_gated_word. To the register file and the layers the two are
// the same, but for reset: the image is cleared at the edges of the clock in reset and at the first
// one after, which writes nothing else.
//
// Each of the three copies of the image has a clock gate of its own, so that one that fails, or whose
// latch is upset, spoils what the vote corrects. There are not more of them, a word each: writes and
// upsets are so rare that the whole image may be clocked for each, and a gate for all of it stops the
// clock at the root. A write comes three times, copy k in the k-th part of each of its ports; whether
// the clock runs is decided three times, and with VOTERS = 3 what is selected.

module gated_weight_bank #(
    parameter integer BITS   = 12864,
    parameter integer VOTERS = 1,
    parameter integer BYTES  = (BITS + 7) / 8
) (
    input  wire            clk_i,
    input  wire [     2:0] rst_ni,
    input  wire [     2:0] write_i,
    input  wire [    44:0] write_byte_i,
    input  wire [    23:0] write_data_i,
    input  wire [    14:0] read_byte_i,
    output wire [     7:0] read_data_o,
    output wire [BITS-1:0] image_o,
    output wire            error_o
);

  localparam integer WORDS = (BITS + 31) / 32;
  localparam integer INDEX_WIDTH = $clog2(BYTES);
  localparam [WORDS-1:0] FIRST = 1;

  wire [WORDS-1:0] error;
  wire [BITS-1:0] image;
  wire [11:0] lane;
  wire [3*WORDS-1:0] select;
  wire [2:0] clear;
  wire [2:0] clear_words;
  wire clear_error;
  wire image_error;
  wire [2:0] run;
  wire clk_a;
  wire clk_b;
  wire clk_c;

  // Of its own register, so that the image is clear however short the reset was.
  tmr_register #(
      .WIDTH(1),
      .RESET(1'b1)
  ) u_clear (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (3'b000),
      .q_o    (clear),
      .error_o(clear_error)
  );

  assign run = clear | write_i | {3{image_error}};

  clock_gate u_clock_gate_a (
      .clk_i(clk_i),
      .en_i (run[0]),
      .clk_o(clk_a)
  );

  clock_gate u_clock_gate_b (
      .clk_i(clk_i),
      .en_i (run[1]),
      .clk_o(clk_b)
  );

  clock_gate u_clock_gate_c (
      .clk_i(clk_i),
      .en_i (run[2]),
      .clk_o(clk_c)
  );

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_select
      localparam integer PART = (VOTERS == 1) ? 0 : copy;
      assign lane[4*copy+:4] = {3'b000, write_i[PART]} << write_byte_i[15*PART+:2];
      assign select[WORDS*copy+:WORDS] = FIRST << write_byte_i[15*PART+2+:13];
    end

    // All three copies clear for one: a transient on it, over two edges as it lets the clocks run,
    // would clear the image unseen. So it takes two of them.
    if (VOTERS == 1) begin : g_one
      wire unused_parts;
      assign clear_words  = {3{clear[0] && clear[1]}};
      assign unused_parts = ^write_byte_i[44:15];
    end else begin : g_three
      assign clear_words = clear;
    end

    genvar word;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      localparam integer WIDTH = (BITS - 32 * word > 32) ? 32 : BITS - 32 * word;

      tmr_gated_word #(
          .WIDTH (WIDTH),
          .VOTERS(VOTERS)
      ) u_word (
          .clk_a_i (clk_a),
          .clk_b_i (clk_b),
          .clk_c_i (clk_c),
          .clear_i (clear_words),
          .select_i({select[2*WORDS+word], select[WORDS+word], select[word]}),
          .lane_i  (lane),
          .d_i     (write_data_i),
          .q_o     (image[32*word+:WIDTH]),
          .error_o (error[word])
      );
    end
  endgenerate

  assign image_o = image;
  assign image_error = |error;
  assign error_o = image_error || clear_error;

  // The read port sees whole bytes: spare bits of the last one are zero.
  wire [8*BYTES-1:0] bytes;
  wire unused_index;

  generate
    if (8 * BYTES > BITS) begin : g_spare
      assign bytes = {{(8 * BYTES - BITS) {1'b0}}, image};
    end else begin : g_whole
      assign bytes = image;
    end
  endgenerate

  assign read_data_o  = bytes[{read_byte_i[INDEX_WIDTH-1:0], 3'b000}+:8];
  assign unused_index = ^read_byte_i[14:INDEX_WIDTH];

endmodule
