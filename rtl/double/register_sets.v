// SPDX-License-Identifier: Apache-2.0
//
// All registers of a chip with two weight sets but the weight images: rtl/register_file.v with a second
// keep mask, and with the registers ACTIVE_SET and ACCESS_SET. What the two sets mean to the others is
// in register_sets_logic. Which set is active is a triplicated register of its own, and decides of
// weights and keep mask at once.
//
// GATED = 1 holds the clocks as rtl/gated/register_file.v does: a copy has its own, and it runs in a
// clock in which a byte is written, whichever, a CRC runs, an upset was reported and is counted, copies
// disagree, or reset lasts. In all others each register holds what it has. The report alone is clocked
// always.

module register_sets #(
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
    parameter [15:0] TMR_SOURCES_ADDRESS = 16'h800A,
    parameter [15:0] CRC_ADDRESS = 16'h800C,
    parameter [15:0] EXPECTED_CRC_ADDRESS = 16'h8010,
    parameter [15:0] ACTIVE_SET_ADDRESS = 16'h8014,
    parameter [15:0] ACCESS_SET_ADDRESS = 16'h8015,
    parameter integer GATED = 1
) (
    input  wire                 clk_i,
    input  wire [          2:0] rst_ni,
    // Byte bus of the I2C target.
    input  wire [         47:0] address_i,
    input  wire [          2:0] write_i,
    input  wire [         23:0] write_data_i,
    input  wire [          2:0] read_i,
    output wire [         23:0] read_data_o,
    output wire [          2:0] readable_o,
    output wire [          2:0] writable_o,
    // Weight banks: that of set 0, above it that of set 1.
    output wire [          5:0] bank_write_o,
    output wire [         44:0] bank_write_byte_o,
    output wire [         14:0] bank_read_byte_o,
    input  wire [         15:0] bank_read_data_i,
    // What the data path sees.
    output wire [          2:0] enable_o,
    output wire                 active_o,
    output wire [KEEP_BITS-1:0] keep_o,
    // Disagreement in the other blocks: data path, weight banks, I2C target, reset.
    input  wire [          3:0] errors_i,
    output wire                 tmr_error_o
);

  localparam integer KEEP_BYTES = (KEEP_BITS + 7) / 8;
  localparam integer KEEP = 8 * KEEP_BYTES;
  localparam integer STATE = 96;
  localparam integer REPORT = 6;
  localparam [31:0] CRC_SEED = 32'hFFFFFFFF;
  // Bits of the state, as register_file_logic has it.
  localparam integer BUSY = 80;
  localparam integer ENABLE = 82;

  wire [3*STATE-1:0] state_d;
  wire [3*STATE-1:0] state_q;
  wire [5:0] sets_d;
  wire [5:0] sets_q;
  wire sets_error;
  // Of a copy, both masks.
  wire [6*KEEP-1:0] keep_d;
  wire [6*KEEP-1:0] keep_q;
  wire [2*KEEP_BYTES-1:0] keep_error;
  wire [44:0] bank_read_byte;
  wire state_error;
  wire [3*REPORT-1:0] report_q;
  wire report_error;
  wire [4:0] errors;
  wire upset;
  wire [2:0] clk;

  assign upset  = state_error || sets_error || (|keep_error);
  assign errors = {errors_i[3:2], upset || report_error, errors_i[1:0]};

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      register_sets_logic #(
          .KEEP_BYTES(KEEP_BYTES),
          .KEEP_ADDRESS(KEEP_ADDRESS),
          .WEIGHT_BYTES(WEIGHT_BYTES),
          .WEIGHT_ADDRESS(WEIGHT_ADDRESS),
          .TMR_ERRORS_ADDRESS(TMR_ERRORS_ADDRESS),
          .IDENTITY_ADDRESS(IDENTITY_ADDRESS),
          .IDENTITY(IDENTITY),
          .DESIGN_HASH_ADDRESS(DESIGN_HASH_ADDRESS),
          .DESIGN_HASH(DESIGN_HASH),
          .CONTROL_ADDRESS(CONTROL_ADDRESS),
          .STATUS_ADDRESS(STATUS_ADDRESS),
          .TMR_SOURCES_ADDRESS(TMR_SOURCES_ADDRESS),
          .CRC_ADDRESS(CRC_ADDRESS),
          .EXPECTED_CRC_ADDRESS(EXPECTED_CRC_ADDRESS),
          .ACTIVE_SET_ADDRESS(ACTIVE_SET_ADDRESS),
          .ACCESS_SET_ADDRESS(ACCESS_SET_ADDRESS)
      ) u_logic (
          .state_i(state_q[STATE*copy+:STATE]),
          .state_o(state_d[STATE*copy+:STATE]),
          .sets_i(sets_q[2*copy+:2]),
          .sets_o(sets_d[2*copy+:2]),
          .keep_i(keep_q[2*KEEP*copy+:2*KEEP]),
          .keep_o(keep_d[2*KEEP*copy+:2*KEEP]),
          .address_i(address_i[16*copy+:16]),
          .write_i(write_i[copy]),
          .write_data_i(write_data_i[8*copy+:8]),
          .read_i(read_i[copy]),
          .read_data_o(read_data_o[8*copy+:8]),
          .readable_o(readable_o[copy]),
          .writable_o(writable_o[copy]),
          .bank_write_o({bank_write_o[3+copy], bank_write_o[copy]}),
          .bank_write_byte_o(bank_write_byte_o[15*copy+:15]),
          .bank_read_byte_o(bank_read_byte[15*copy+:15]),
          .bank_read_data_i(bank_read_data_i),
          .report_i(report_q[REPORT*copy+:REPORT])
      );

      assign enable_o[copy] = state_q[STATE*copy+ENABLE];

      if (GATED != 0) begin : g_gate
        wire run;

        // Reset needs no edge but in simulators that see no edge of it where it is low from the start.
        assign run = write_i[copy] || state_q[STATE*copy+BUSY] ||
            (|report_q[REPORT*copy+:REPORT]) || upset || !rst_ni[copy];

        clock_gate u_clock_gate (
            .clk_i(clk_i),
            .en_i (run),
            .clk_o(clk[copy])
        );
      end else begin : g_free
        assign clk[copy] = clk_i;
      end
    end

    genvar index;
    for (index = 0; index < 2 * KEEP_BYTES; index = index + 1) begin : g_keep
      wire [23:0] byte_q;

      tmr_gated_register #(
          .WIDTH(8),
          .RESET(8'hFF)
      ) u_keep (
          .clk_i(clk),
          .rst_ni(rst_ni),
          .d_i({keep_d[4*KEEP+8*index+:8], keep_d[2*KEEP+8*index+:8], keep_d[8*index+:8]}),
          .q_o(byte_q),
          .error_o(keep_error[index])
      );

      assign keep_q[8*index+:8] = byte_q[0+:8];
      assign keep_q[2*KEEP+8*index+:8] = byte_q[8+:8];
      assign keep_q[4*KEEP+8*index+:8] = byte_q[16+:8];
    end
  endgenerate

  tmr_gated_register #(
      .WIDTH(STATE),
      .RESET({{(STATE - 32) {1'b0}}, CRC_SEED})
  ) u_state (
      .clk_i  (clk),
      .rst_ni (rst_ni),
      .d_i    (state_d),
      .q_o    (state_q),
      .error_o(state_error)
  );

  tmr_gated_register #(
      .WIDTH(2)
  ) u_sets (
      .clk_i  (clk),
      .rst_ni (rst_ni),
      .d_i    (sets_d),
      .q_o    (sets_q),
      .error_o(sets_error)
  );

  // Whether any block reports, and which; a clock later it is shown and counted. What is single in
  // front of it changes no other state.
  tmr_register #(
      .WIDTH(REPORT)
  ) u_report (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    ({3{|errors, errors}}),
      .q_o    (report_q),
      .error_o(report_error)
  );

  // A bank has one read port.
  voter #(
      .WIDTH(15)
  ) u_read_byte (
      .a_i(bank_read_byte[0+:15]),
      .b_i(bank_read_byte[15+:15]),
      .c_i(bank_read_byte[30+:15]),
      .q_o(bank_read_byte_o)
  );

  assign active_o = sets_q[0];
  assign keep_o = active_o ? keep_q[KEEP+:KEEP_BITS] : keep_q[KEEP_BITS-1:0];
  assign tmr_error_o = report_q[REPORT-1];

endmodule
