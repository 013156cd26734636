// SPDX-License-Identifier: Apache-2.0
//
// The weight image: bytes to the bus, bits to the layers. Every bit is triplicated and corrects
// itself at every clock; error_o is high while some bit of a copy disagrees.
// Bytes are kept in words of four: one register a word, the byte that is written replaced in it.
// Spare bits of the last byte are not stored and read zero.
// A write comes three times, copy k in the k-th part of each of its ports, and is decoded three times.

module weight_bank #(
    parameter integer BITS  = 12864,
    parameter integer BYTES = (BITS + 7) / 8
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

  wire [WORDS-1:0] error;
  wire [BITS-1:0] image;
  wire [11:0] lane;

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_lane
      assign lane[4*copy+:4] = {3'b000, write_i[copy]} << write_byte_i[15*copy+:2];
    end

    genvar word;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      localparam integer WIDTH = (BITS - 32 * word > 32) ? 32 : BITS - 32 * word;
      localparam [12:0] INDEX = word;

      wire [3*WIDTH-1:0] word_d;
      wire [3*WIDTH-1:0] word_q;

      for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
        byte_merge #(
            .WIDTH(WIDTH)
        ) u_merge (
            .select_i(write_byte_i[15*copy+2+:13] == INDEX),
            .lane_i  (lane[4*copy+:4]),
            .data_i  (write_data_i[8*copy+:8]),
            .held_i  (word_q[WIDTH*copy+:WIDTH]),
            .merged_o(word_d[WIDTH*copy+:WIDTH])
        );
      end

      tmr_register #(
          .WIDTH(WIDTH),
          .RESET({WIDTH{1'b0}})
      ) u_word (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .d_i    (word_d),
          .q_o    (word_q),
          .error_o(error[word])
      );

      assign image[32*word+:WIDTH] = word_q[WIDTH-1:0];
    end
  endgenerate

  assign image_o = image;
  assign error_o = |error;

  // The read port sees whole bytes: spare bits of the last one are zero.
  localparam integer INDEX_WIDTH = $clog2(BYTES);
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
