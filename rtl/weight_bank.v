// SPDX-License-Identifier: Apache-2.0
//
// The weight image: bytes to the bus, bits to the layers. Every bit is triplicated and corrects
// itself at every clock; error_o is high while some bit of a copy disagrees.
// Bytes are kept in words of four: one register a word, the byte that is written replaced in it.
// Spare bits of the last byte are not stored and read zero.

module weight_bank #(
    parameter integer BITS = 12864,
    parameter integer BYTES = (BITS + 7) / 8
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

  wire [WORDS-1:0] error;
  wire [ BITS-1:0] image;
  wire [3:0] lane;

  assign lane = {3'b000, write_i} << write_byte_i[1:0];

  generate
    genvar word;
    for (word = 0; word < WORDS; word = word + 1) begin : g_word
      localparam integer WIDTH = (BITS - 32 * word > 32) ? 32 : BITS - 32 * word;
      localparam [12:0] INDEX = word;

      wire [31:0] merged;
      wire [31:0] padded;

      if (WIDTH < 32) begin : g_last
        wire unused_spare;
        assign padded = {{(32 - WIDTH) {1'b0}}, image[32*word+:WIDTH]};
        assign unused_spare = ^merged[31:WIDTH];
      end else begin : g_full
        assign padded = image[32*word+:32];
      end

      assign merged = {
        lane[3] ? write_data_i : padded[31:24],
        lane[2] ? write_data_i : padded[23:16],
        lane[1] ? write_data_i : padded[15:8],
        lane[0] ? write_data_i : padded[7:0]
      };

      tmr_register #(
          .WIDTH(WIDTH),
          .RESET({WIDTH{1'b0}})
      ) u_word (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .en_i   (write_i && (write_byte_i[14:2] == INDEX)),
          .d_i    (merged[WIDTH-1:0]),
          .q_o    (image[32*word+:WIDTH]),
          .error_o(error[word])
      );
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
