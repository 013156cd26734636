// SPDX-License-Identifier: Apache-2.0
//
// All registers of the chip but the weight image itself, the decoder in front of both, and the CRC.
//
// Loading: a weight write clears ENABLE and CRC_DONE and ends a running CRC, so no result ever
// leaves the chip with weights that the host did not check. CRC_START runs CRC-32 over the image,
// one byte a clock; a bus read takes the read port for its one clock and the CRC waits.
//
// It also gathers the disagreements of all triplicated registers for tmr_error_o, and counts the
// clocks in which the weight bank had one.

module register_file #(
    parameter integer KEEP_BITS = 144,
    parameter [15:0] KEEP_ADDRESS = 16'h0549,
    parameter integer WEIGHT_BYTES = 1608,
    parameter [15:0] WEIGHT_ADDRESS = 16'h0600,
    parameter [15:0] TMR_ERRORS_ADDRESS = 16'h0C48,
    parameter [15:0] IDENTITY_ADDRESS = 16'h8000,
    parameter [31:0] IDENTITY = 32'h45415341,
    parameter [15:0] DESIGN_HASH_ADDRESS = 16'h8004,
    parameter [31:0] DESIGN_HASH = 32'd0,
    parameter [15:0] CONTROL_ADDRESS = 16'h8008,
    parameter [15:0] STATUS_ADDRESS = 16'h8009,
    parameter [15:0] CRC_ADDRESS = 16'h800C,
    parameter integer OTHER_ERRORS = 3
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // Byte bus of the I2C target.
    input  wire [            15:0] address_i,
    input  wire                    write_i,
    input  wire [             7:0] write_data_i,
    input  wire                    read_i,
    output reg  [             7:0] read_data_o,
    output wire                    readable_o,
    output wire                    writable_o,
    // Weight bank.
    output wire                    bank_write_o,
    output wire [            14:0] bank_write_byte_o,
    output wire [            14:0] bank_read_byte_o,
    input  wire [             7:0] bank_read_data_i,
    input  wire                    bank_error_i,
    // What the data path sees.
    output wire                    enable_o,
    output wire [   KEEP_BITS-1:0] keep_o,
    input  wire [OTHER_ERRORS-1:0] other_errors_i,
    output wire                    tmr_error_o
);

  localparam integer KEEP_BYTES = (KEEP_BITS + 7) / 8;
  localparam [15:0] KEEP_SIZE = KEEP_BYTES[15:0];
  localparam [15:0] WEIGHT_SIZE = WEIGHT_BYTES[15:0];
  localparam [14:0] LAST_BYTE = WEIGHT_SIZE[14:0] - 15'd1;
  localparam integer KEEP_INDEX = (KEEP_BYTES > 1) ? $clog2(KEEP_BYTES) : 1;
  localparam [31:0] CRC_SEED = 32'hFFFFFFFF;

  // ---------------------------------------------------------------------------------------------
  // Decoder. An offset below the base of a region wraps round to a large number.

  wire [15:0] keep_offset;
  wire [15:0] weight_offset;
  wire in_keep;
  wire in_weights;
  wire in_tmr_errors;
  wire in_identity;
  wire in_design_hash;
  wire in_control;
  wire in_status;
  wire in_crc;
  wire unused_weight_offset;

  assign keep_offset = address_i - KEEP_ADDRESS;
  assign weight_offset = address_i - WEIGHT_ADDRESS;
  assign in_keep = keep_offset < KEEP_SIZE;
  assign in_weights = weight_offset < WEIGHT_SIZE;
  assign in_tmr_errors = address_i == TMR_ERRORS_ADDRESS;
  assign in_identity = address_i[15:2] == IDENTITY_ADDRESS[15:2];
  assign in_design_hash = address_i[15:2] == DESIGN_HASH_ADDRESS[15:2];
  assign in_control = address_i == CONTROL_ADDRESS;
  assign in_status = address_i == STATUS_ADDRESS;
  assign in_crc = address_i[15:2] == CRC_ADDRESS[15:2];
  assign unused_weight_offset = weight_offset[15];

  assign writable_o = in_keep || in_weights || in_control;
  assign readable_o =
      writable_o || in_tmr_errors || in_identity || in_design_hash || in_status || in_crc;

  // ---------------------------------------------------------------------------------------------
  // Keep mask: spare bits of the last byte are stored but mask nothing.

  wire [8*KEEP_BYTES-1:0] keep_q;
  wire [KEEP_BYTES-1:0] keep_error;

  generate
    genvar index;
    for (index = 0; index < KEEP_BYTES; index = index + 1) begin : g_keep
      localparam [15:0] OFFSET = index;
      tmr_register #(
          .WIDTH(8),
          .RESET(8'hFF)
      ) u_keep (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .en_i   (write_i && (keep_offset == OFFSET)),
          .d_i    (write_data_i),
          .q_o    (keep_q[8*index+:8]),
          .error_o(keep_error[index])
      );
    end
  endgenerate

  assign keep_o = keep_q[KEEP_BITS-1:0];

  // ---------------------------------------------------------------------------------------------
  // ENABLE and the CRC.

  wire enable_q;
  wire busy_q;
  wire done_q;
  wire [14:0] crc_byte_q;
  wire [31:0] crc_q;
  wire [31:0] crc_next;
  wire control_error;
  reg enable_d;
  reg busy_d;
  reg done_d;
  reg [14:0] crc_byte_d;
  reg [31:0] crc_d;

  crc32 u_crc32 (
      .state_i(crc_q),
      .data_i (bank_read_data_i),
      .state_o(crc_next)
  );

  always @* begin
    enable_d = enable_q;
    busy_d = busy_q;
    done_d = done_q;
    crc_byte_d = crc_byte_q;
    crc_d = crc_q;

    if (bank_write_o) begin
      enable_d = 1'b0;
      busy_d = 1'b0;
      done_d = 1'b0;
      crc_d = CRC_SEED;
    end else if (write_i && in_control && write_data_i[1]) begin
      busy_d = 1'b1;
      done_d = 1'b0;
      crc_byte_d = 15'd0;
      crc_d = CRC_SEED;
    end else if (busy_q && !read_i) begin
      crc_d = crc_next;
      crc_byte_d = crc_byte_q + 15'd1;
      busy_d = crc_byte_q != LAST_BYTE;
      done_d = crc_byte_q == LAST_BYTE;
    end

    if (write_i && in_control) begin
      enable_d = write_data_i[0];
    end
  end

  tmr_register #(
      .WIDTH(50),
      .RESET({3'b000, 15'd0, CRC_SEED})
  ) u_control (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    ({enable_d, busy_d, done_d, crc_byte_d, crc_d}),
      .q_o    ({enable_q, busy_q, done_q, crc_byte_q, crc_q}),
      .error_o(control_error)
  );

  assign enable_o = enable_q;
  assign bank_write_o = write_i && in_weights;
  assign bank_write_byte_o = weight_offset[14:0];
  assign bank_read_byte_o = (busy_q && !read_i) ? crc_byte_q : weight_offset[14:0];

  // ---------------------------------------------------------------------------------------------
  // Upsets.

  wire [7:0] tmr_errors_q;
  wire counter_error;

  tmr_register #(
      .WIDTH(8),
      .RESET(8'd0)
  ) u_tmr_errors (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (bank_error_i && (tmr_errors_q != 8'hFF)),
      .d_i    (tmr_errors_q + 8'd1),
      .q_o    (tmr_errors_q),
      .error_o(counter_error)
  );

  assign tmr_error_o =
      (|other_errors_i) || bank_error_i || (|keep_error) || control_error || counter_error;

  // ---------------------------------------------------------------------------------------------
  // Read multiplexer; multi-byte registers are little-endian.

  wire [31:0] crc_value;

  assign crc_value = ~crc_q;

  always @* begin
    read_data_o = 8'hFF;
    if (in_weights) begin
      read_data_o = bank_read_data_i;
    end else if (in_keep) begin
      read_data_o = keep_q[{keep_offset[KEEP_INDEX-1:0], 3'b000}+:8];
    end else if (in_tmr_errors) begin
      read_data_o = tmr_errors_q;
    end else if (in_identity) begin
      read_data_o = IDENTITY[{address_i[1:0], 3'b000}+:8];
    end else if (in_design_hash) begin
      read_data_o = DESIGN_HASH[{address_i[1:0], 3'b000}+:8];
    end else if (in_control) begin
      read_data_o = {7'd0, enable_q};
    end else if (in_status) begin
      read_data_o = {5'd0, done_q, busy_q, enable_q};
    end else if (in_crc) begin
      read_data_o = crc_value[{address_i[1:0], 3'b000}+:8];
    end
  end

endmodule
