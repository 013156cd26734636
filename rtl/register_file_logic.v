// SPDX-License-Identifier: Apache-2.0
//
// What register_file does next, and what it answers: decoder, control, CRC, upset counter, read
// multiplexer. Combinational; there are three of them, each with the votes and the bus of its copy.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module register_file_logic #(
    parameter integer KEEP_BYTES = 18,
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
    parameter [15:0] TMR_SOURCES_ADDRESS = 16'h800A,
    parameter [15:0] CRC_ADDRESS = 16'h800C,
    parameter [15:0] EXPECTED_CRC_ADDRESS = 16'h8010
) (
    input  wire [            95:0] state_i,
    output wire [            95:0] state_o,
    input  wire [8*KEEP_BYTES-1:0] keep_i,
    output wire [8*KEEP_BYTES-1:0] keep_o,
    input  wire [            15:0] address_i,
    input  wire                    write_i,
    input  wire [             7:0] write_data_i,
    input  wire                    read_i,
    output reg  [             7:0] read_data_o,
    output wire                    readable_o,
    output wire                    writable_o,
    output wire                    bank_write_o,
    output wire [            14:0] bank_write_byte_o,
    output wire [            14:0] bank_read_byte_o,
    input  wire [             7:0] bank_read_data_i,
    // Blocks whose copies disagreed a clock ago, in the order of TMR_SOURCES; above them, whether any.
    input  wire [             5:0] report_i
);

  localparam [15:0] KEEP_SIZE = KEEP_BYTES[15:0];
  localparam [15:0] WEIGHT_SIZE = WEIGHT_BYTES[15:0];
  localparam [14:0] LAST_BYTE = WEIGHT_SIZE[14:0] - 15'd1;
  localparam integer KEEP_INDEX = (KEEP_BYTES > 1) ? $clog2(KEEP_BYTES) : 1;
  localparam [31:0] CRC_SEED = 32'hFFFFFFFF;
  // Bits of CONTROL.
  localparam integer ENABLE = 0;
  localparam integer CRC_START = 1;
  localparam integer CRC_REQUIRED = 2;
  localparam integer CLEAR_ERRORS = 3;

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
  wire in_tmr_sources;
  wire in_crc;
  wire in_expected_crc;
  wire unused_weight_offset;
  wire control_write;

  assign keep_offset = address_i - KEEP_ADDRESS;
  assign weight_offset = address_i - WEIGHT_ADDRESS;
  assign in_keep = keep_offset < KEEP_SIZE;
  assign in_weights = weight_offset < WEIGHT_SIZE;
  assign in_tmr_errors = address_i == TMR_ERRORS_ADDRESS;
  assign in_identity = address_i[15:2] == IDENTITY_ADDRESS[15:2];
  assign in_design_hash = address_i[15:2] == DESIGN_HASH_ADDRESS[15:2];
  assign in_control = address_i == CONTROL_ADDRESS;
  assign in_status = address_i == STATUS_ADDRESS;
  assign in_tmr_sources = address_i == TMR_SOURCES_ADDRESS;
  assign in_crc = address_i[15:2] == CRC_ADDRESS[15:2];
  assign in_expected_crc = address_i[15:2] == EXPECTED_CRC_ADDRESS[15:2];
  assign unused_weight_offset = weight_offset[15];

  assign writable_o = in_keep || in_weights || in_control || in_expected_crc;
  assign readable_o = writable_o || in_tmr_errors || in_identity || in_design_hash || in_status ||
      in_tmr_sources || in_crc;
  assign control_write = write_i && in_control;

  // ---------------------------------------------------------------------------------------------
  // Keep mask: spare bits of the last byte are stored but mask nothing.

  generate
    genvar index;
    for (index = 0; index < KEEP_BYTES; index = index + 1) begin : g_keep
      localparam [15:0] OFFSET = index;
      assign keep_o[8*index+:8] =
          (write_i && (keep_offset == OFFSET)) ? write_data_i : keep_i[8*index+:8];
    end
  endgenerate

  // ---------------------------------------------------------------------------------------------
  // ENABLE and the CRC.

  wire enable_q;
  wire required_q;
  wire busy_q;
  wire done_q;
  wire [14:0] crc_byte_q;
  wire [31:0] crc_q;
  wire [31:0] expected_q;
  wire [31:0] crc_next;
  wire [31:0] crc_value;
  wire match;
  reg enable_d;
  reg required_d;
  reg busy_d;
  reg done_d;
  reg [14:0] crc_byte_d;
  reg [31:0] crc_d;
  reg [31:0] expected_d;

  crc32 u_crc32 (
      .state_i(crc_q),
      .data_i (bank_read_data_i),
      .state_o(crc_next)
  );

  assign crc_value = ~crc_q;
  assign match = done_q && (crc_value == expected_q);

  always @* begin
    enable_d = enable_q;
    required_d = required_q;
    busy_d = busy_q;
    done_d = done_q;
    crc_byte_d = crc_byte_q;
    crc_d = crc_q;
    expected_d = expected_q;

    if (bank_write_o) begin
      enable_d = 1'b0;
      busy_d = 1'b0;
      done_d = 1'b0;
      crc_d = CRC_SEED;
    end else if (control_write && write_data_i[CRC_START]) begin
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

    if (control_write) begin
      required_d = write_data_i[CRC_REQUIRED];
      // The demand is on being enabled, not on staying so.
      enable_d   = write_data_i[ENABLE] && (enable_q || !required_d || match);
    end
    if (write_i && in_expected_crc) begin
      expected_d[{address_i[1:0], 3'b000}+:8] = write_data_i;
    end
  end

  assign bank_write_o = write_i && in_weights;
  assign bank_write_byte_o = weight_offset[14:0];
  assign bank_read_byte_o = (busy_q && !read_i) ? crc_byte_q : weight_offset[14:0];

  // ---------------------------------------------------------------------------------------------
  // Upsets. One in the clock of a clear is counted.

  wire [4:0] sources_q;
  wire [7:0] tmr_errors_q;
  wire [4:0] sources_before;
  wire [7:0] errors_before;
  wire [4:0] sources_d;
  wire [7:0] tmr_errors_d;
  wire clear;

  assign clear = control_write && write_data_i[CLEAR_ERRORS];
  assign sources_before = clear ? 5'd0 : sources_q;
  assign errors_before = clear ? 8'd0 : tmr_errors_q;
  assign sources_d = sources_before | report_i[4:0];
  assign tmr_errors_d = errors_before + {7'd0, report_i[5] && (errors_before != 8'hFF)};

  assign {sources_q, tmr_errors_q, enable_q, required_q, busy_q, done_q, crc_byte_q, expected_q,
          crc_q} = state_i;
  assign state_o = {
    sources_d,
    tmr_errors_d,
    enable_d,
    required_d,
    busy_d,
    done_d,
    crc_byte_d,
    expected_d,
    crc_d
  };

  // ---------------------------------------------------------------------------------------------
  // Read multiplexer; multi-byte registers are little-endian.

  always @* begin
    read_data_o = 8'hFF;
    if (in_weights) begin
      read_data_o = bank_read_data_i;
    end else if (in_keep) begin
      read_data_o = keep_i[{keep_offset[KEEP_INDEX-1:0], 3'b000}+:8];
    end else if (in_tmr_errors) begin
      read_data_o = tmr_errors_q;
    end else if (in_identity) begin
      read_data_o = IDENTITY[{address_i[1:0], 3'b000}+:8];
    end else if (in_design_hash) begin
      read_data_o = DESIGN_HASH[{address_i[1:0], 3'b000}+:8];
    end else if (in_control) begin
      read_data_o = {5'd0, required_q, 1'b0, enable_q};
    end else if (in_status) begin
      read_data_o = {4'd0, match, done_q, busy_q, enable_q};
    end else if (in_tmr_sources) begin
      read_data_o = {3'd0, sources_q};
    end else if (in_crc) begin
      read_data_o = crc_value[{address_i[1:0], 3'b000}+:8];
    end else if (in_expected_crc) begin
      read_data_o = expected_q[{address_i[1:0], 3'b000}+:8];
    end
  end

endmodule
