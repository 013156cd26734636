// SPDX-License-Identifier: Apache-2.0
//
// The weight image as weight_bank has it, in words whose clock runs only while they are written or
// correct an upset: see tmr_gated_word. To the register file and the layers the two are the same, but
// for reset, which needs one edge of the clock to clear the image.

module gated_weight_bank #(
    parameter integer BITS   = 12864,
    parameter integer VOTERS = 1,
    parameter integer BYTES  = (BITS + 7) / 8
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    input  wire            write_i,
    input  wire [    14:0] write_byte_i,
    input  wire [     7:0] write_data_i,
    input  wire [    14:0] read_byte_i,
    output wire [     7:0] read_data_o,
    output wire [BITS-1:0] image_o,
    output wire            error_o
);

  localparam integer WORDS = (BITS + 31) / 32;
  localparam integer INDEX_WIDTH = $clog2(BYTES);

  wire [WORDS-1:0] error;
  wire [ BITS-1:0] image;
  wire [3:0] lane;

  assign lane = {3'b000, write_i} << write_byte_i[1:0];

  generate
    genvar word;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      localparam integer WIDTH = (BITS - 32 * word > 32) ? 32 : BITS - 32 * word;
      localparam integer LANES = (WIDTH + 7) / 8;
      localparam [12:0] INDEX = word;

      tmr_gated_word #(
          .WIDTH (WIDTH),
          .VOTERS(VOTERS)
      ) u_word (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .en_i   ((write_byte_i[14:2] == INDEX) ? lane[LANES-1:0] : {LANES{1'b0}}),
          .d_i    (write_data_i),
          .q_o    (image[32*word+:WIDTH]),
          .error_o(error[word])
      );
    end
  endgenerate

  assign image_o = image;
  assign error_o = |error;

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
