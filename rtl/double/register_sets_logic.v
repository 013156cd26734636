// SPDX-License-Identifier: Apache-2.0
//
// What register_sets does next, and what it answers: register_file_logic, of which the accessed set is
// the only one that it knows, and what two sets make of that. Combinational; there are three of them,
// each with the votes and the bus of its copy.
//
// ACCESS_SET says which set WEIGHTS, KEEP and the CRC are of, ACTIVE_SET which one events are encoded
// with. A weight write clears ENABLE where the two are the same; else events stream on. A CRC is of one
// set: another ACCESS_SET ends a running one and clears CRC_DONE. With CRC_REQUIRED, ACTIVE_SET becomes
// ACCESS_SET and nothing else, and only where CRC_MATCH is; ENABLE is set only where the set whose CRC
// was compared is the active one.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module register_sets_logic #(
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
    parameter [15:0] EXPECTED_CRC_ADDRESS = 16'h8010,
    parameter [15:0] ACTIVE_SET_ADDRESS = 16'h8014,
    parameter [15:0] ACCESS_SET_ADDRESS = 16'h8015
) (
    input  wire [             95:0] state_i,
    output reg  [             95:0] state_o,
    // The active set, above it the accessed one.
    input  wire [              1:0] sets_i,
    output wire [              1:0] sets_o,
    // Keep masks and bytes of weights, and the strobe of the latter: set 0, above it set 1.
    input  wire [16*KEEP_BYTES-1:0] keep_i,
    output wire [16*KEEP_BYTES-1:0] keep_o,
    input  wire [             15:0] address_i,
    input  wire                     write_i,
    input  wire [              7:0] write_data_i,
    input  wire                     read_i,
    output wire [              7:0] read_data_o,
    output wire                     readable_o,
    output wire                     writable_o,
    output wire [              1:0] bank_write_o,
    output wire [             14:0] bank_write_byte_o,
    output wire [             14:0] bank_read_byte_o,
    input  wire [             15:0] bank_read_data_i,
    input  wire [              5:0] report_i
);

  localparam integer KEEP = 8 * KEEP_BYTES;
  // Bits of the state, as register_file_logic has it.
  localparam integer EXPECTED = 32;
  localparam integer DONE = 79;
  localparam integer BUSY = 80;
  localparam integer REQUIRED = 81;
  localparam integer ENABLE = 82;

  wire active;
  wire access;
  wire access_d;
  wire same;
  wire match;
  wire in_active;
  wire in_access;
  wire [95:0] next;
  wire [KEEP-1:0] kept;
  wire [7:0] one_read_data;
  wire one_readable;
  wire one_writable;
  wire bank_write;

  register_file_logic #(
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
      .EXPECTED_CRC_ADDRESS(EXPECTED_CRC_ADDRESS)
  ) u_one_set (
      .state_i(state_i),
      .state_o(next),
      .keep_i(access ? keep_i[KEEP+:KEEP] : keep_i[0+:KEEP]),
      .keep_o(kept),
      .address_i(address_i),
      .write_i(write_i),
      .write_data_i(write_data_i),
      .read_i(read_i),
      .read_data_o(one_read_data),
      .readable_o(one_readable),
      .writable_o(one_writable),
      .bank_write_o(bank_write),
      .bank_write_byte_o(bank_write_byte_o),
      .bank_read_byte_o(bank_read_byte_o),
      .bank_read_data_i(access ? bank_read_data_i[15:8] : bank_read_data_i[7:0]),
      .report_i(report_i)
  );

  assign {access, active} = sets_i;
  assign same = access == active;
  assign in_active = address_i == ACTIVE_SET_ADDRESS;
  assign in_access = address_i == ACCESS_SET_ADDRESS;
  assign match = state_i[DONE] && (~state_i[31:0] == state_i[EXPECTED+:32]);

  // A register that is not written keeps its own vote.
  assign access_d = (write_i && in_access) ? write_data_i[0] : access;
  assign sets_o[1] = access_d;
  assign sets_o[0] = (write_i && in_active &&
      (!state_i[REQUIRED] || (match && (write_data_i[0] == access)))) ? write_data_i[0] : active;

  assign bank_write_o = {bank_write && access, bank_write && !access};
  assign keep_o = access ? {kept, keep_i[0+:KEEP]} : {keep_i[KEEP+:KEEP], kept};

  always @* begin
    state_o = next;
    if (access_d != access) begin
      state_o[BUSY] = 1'b0;
      state_o[DONE] = 1'b0;
    end
    if (!same) begin
      state_o[ENABLE] = bank_write ? state_i[ENABLE] :
          next[ENABLE] && (state_i[ENABLE] || !next[REQUIRED]);
    end
  end

  assign readable_o  = one_readable || in_active || in_access;
  assign writable_o  = one_writable || in_active || in_access;
  assign read_data_o = in_active ? {7'd0, active} : in_access ? {7'd0, access} : one_read_data;

endmodule
