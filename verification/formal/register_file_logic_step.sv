// SPDX-License-Identifier: Apache-2.0
//
// One clock of the register file from every state there is.

module register_file_logic_step #(
    parameter integer KEEP_BYTES = 18,
    parameter [15:0] KEEP_ADDRESS = 16'h0549,
    parameter integer WEIGHT_BYTES = 1608,
    parameter [15:0] WEIGHT_ADDRESS = 16'h0600,
    parameter [15:0] TMR_ERRORS_ADDRESS = 16'h0C48,
    parameter [15:0] IDENTITY_ADDRESS = 16'h8000,
    parameter [31:0] IDENTITY = 32'h45415341,
    parameter [15:0] DESIGN_HASH_ADDRESS = 16'h8004,
    parameter [31:0] DESIGN_HASH = 32'h01234567,
    parameter [15:0] CONTROL_ADDRESS = 16'h8008,
    parameter [15:0] STATUS_ADDRESS = 16'h8009,
    parameter [15:0] TMR_SOURCES_ADDRESS = 16'h800A,
    parameter [15:0] CRC_ADDRESS = 16'h800C,
    parameter [15:0] EXPECTED_CRC_ADDRESS = 16'h8010
) (
    input wire [            95:0] state_i,
    input wire [8*KEEP_BYTES-1:0] keep_i,
    input wire [            15:0] address_i,
    input wire                    write_i,
    input wire [             7:0] data_i,
    input wire                    read_i,
    input wire [             7:0] bank_i,
    input wire [             5:0] report_i
);

  wire [95:0] state;
  wire [8*KEEP_BYTES-1:0] keep;
  wire [7:0] read_data;
  wire readable;
  wire writable;
  wire bank_write;
  wire [14:0] bank_write_byte;
  wire [14:0] bank_read_byte;

  register_file_logic #(
      .KEEP_BYTES          (KEEP_BYTES),
      .KEEP_ADDRESS        (KEEP_ADDRESS),
      .WEIGHT_BYTES        (WEIGHT_BYTES),
      .WEIGHT_ADDRESS      (WEIGHT_ADDRESS),
      .TMR_ERRORS_ADDRESS  (TMR_ERRORS_ADDRESS),
      .IDENTITY_ADDRESS    (IDENTITY_ADDRESS),
      .IDENTITY            (IDENTITY),
      .DESIGN_HASH_ADDRESS (DESIGN_HASH_ADDRESS),
      .DESIGN_HASH         (DESIGN_HASH),
      .CONTROL_ADDRESS     (CONTROL_ADDRESS),
      .STATUS_ADDRESS      (STATUS_ADDRESS),
      .TMR_SOURCES_ADDRESS (TMR_SOURCES_ADDRESS),
      .CRC_ADDRESS         (CRC_ADDRESS),
      .EXPECTED_CRC_ADDRESS(EXPECTED_CRC_ADDRESS)
  ) dut (
      .state_i          (state_i),
      .state_o          (state),
      .keep_i           (keep_i),
      .keep_o           (keep),
      .address_i        (address_i),
      .write_i          (write_i),
      .write_data_i     (data_i),
      .read_i           (read_i),
      .read_data_o      (read_data),
      .readable_o       (readable),
      .writable_o       (writable),
      .bank_write_o     (bank_write),
      .bank_write_byte_o(bank_write_byte),
      .bank_read_byte_o (bank_read_byte),
      .bank_read_data_i (bank_i),
      .report_i         (report_i)
  );

  // Before and after the clock: sources, counter, ENABLE, CRC_REQUIRED, busy, done, byte of the CRC_ADDRESS,
  // EXPECTED_CRC_ADDRESS, CRC_ADDRESS.
  wire [4:0] sources;
  wire [4:0] sources_d;
  wire [7:0] errors;
  wire [7:0] errors_d;
  wire enable;
  wire enable_d;
  wire required;
  wire required_d;
  wire busy;
  wire busy_d;
  wire done;
  wire done_d;
  wire [14:0] at;
  wire [14:0] at_d;
  wire [31:0] expected;
  wire [31:0] expected_d;
  wire [31:0] crc;
  wire [31:0] crc_d;
  assign {sources, errors, enable, required, busy, done, at, expected, crc} = state_i;
  assign {sources_d, errors_d, enable_d, required_d, busy_d, done_d, at_d, expected_d,
          crc_d} = state;

  wire at_weights;
  wire at_keep;
  wire at_expected;
  wire control;
  wire starts;
  wire runs;
  wire match;
  wire clear;
  wire [7:0] counted;
  assign at_weights = address_i >= WEIGHT_ADDRESS && address_i < WEIGHT_ADDRESS + WEIGHT_BYTES;
  assign at_keep = address_i >= KEEP_ADDRESS && address_i < KEEP_ADDRESS + KEEP_BYTES;
  assign at_expected = address_i >= EXPECTED_CRC_ADDRESS && address_i < EXPECTED_CRC_ADDRESS + 4;
  assign control = write_i && address_i == CONTROL_ADDRESS;
  assign starts = control && data_i[1];
  assign runs = busy && !read_i && !bank_write && !starts;
  assign match = done && ~crc == expected;
  assign clear = control && data_i[3];
  assign counted = clear ? 8'd0 : errors;

  integer place;
  reg [31:0] next_crc;
  reg [7:0] told;

  always @* begin
    // Where something is.
    assert (writable == (at_keep || at_weights || address_i == CONTROL_ADDRESS || at_expected));
    assert (readable == (writable || address_i == TMR_ERRORS_ADDRESS ||
        (address_i >= IDENTITY_ADDRESS && address_i < IDENTITY_ADDRESS + 8) ||
        address_i == STATUS_ADDRESS || address_i == TMR_SOURCES_ADDRESS ||
        (address_i >= CRC_ADDRESS && address_i < CRC_ADDRESS + 4)));
    told = 8'hFF;
    if (at_weights) told = bank_i;
    for (place = 0; place < KEEP_BYTES; place = place + 1) begin
      if (address_i == KEEP_ADDRESS + place) told = keep_i[8*place+:8];
    end
    for (place = 0; place < 4; place = place + 1) begin
      if (address_i == IDENTITY_ADDRESS + place) told = IDENTITY[8*place+:8];
      if (address_i == DESIGN_HASH_ADDRESS + place) told = DESIGN_HASH[8*place+:8];
      if (address_i == CRC_ADDRESS + place) told = ~crc[8*place+:8];
      if (address_i == EXPECTED_CRC_ADDRESS + place) told = expected[8*place+:8];
    end
    if (address_i == TMR_ERRORS_ADDRESS) told = errors;
    if (address_i == TMR_SOURCES_ADDRESS) told = {3'd0, sources};
    if (address_i == CONTROL_ADDRESS) told = {5'd0, required, 1'b0, enable};
    if (address_i == STATUS_ADDRESS) told = {4'd0, match, done, busy, enable};
    assert (read_data == told);

    // The bank, the mask, the expected CRC: the byte that is written, no other.
    assert (bank_write == (write_i && at_weights));
    if (bank_write) assert (bank_write_byte == address_i - WEIGHT_ADDRESS);
    if (busy && !read_i) assert (bank_read_byte == at);
    if (read_i && at_weights) assert (bank_read_byte == address_i - WEIGHT_ADDRESS);
    for (place = 0; place < KEEP_BYTES; place = place + 1) begin
      assert (keep[8*place+:8] ==
          ((write_i && address_i == KEEP_ADDRESS + place) ? data_i : keep_i[8*place+:8]));
    end
    for (place = 0; place < 4; place = place + 1) begin
      assert (expected_d[8*place+:8] ==
          ((write_i && address_i == EXPECTED_CRC_ADDRESS + place) ? data_i : expected[8*place+:8]));
    end

    // ENABLE ends with a weight write; it begins by the host alone, and with a match where demanded.
    assert (required_d == (control ? data_i[2] : required));
    if (bank_write) assert (!enable_d && !busy_d && !done_d);
    else if (!control) assert (enable_d == enable);
    else assert (enable_d == (data_i[0] && (enable || !data_i[2] || match)));

    // The CRC: begun anew, a byte a clock, at rest while the bus reads, done with the last byte.
    next_crc = crc;
    for (place = 0; place < 8; place = place + 1) begin
      next_crc = (next_crc[0] ^ bank_i[place]) ? (next_crc >> 1) ^ 32'hEDB88320 : next_crc >> 1;
    end
    if (starts) assert (busy_d && !done_d && at_d == 0 && crc_d == 32'hFFFFFFFF);
    if (runs) begin
      assert (crc_d == next_crc && at_d == at + 15'd1);
      assert (done_d == (at == WEIGHT_BYTES - 1) && busy_d == !done_d);
    end
    if (bank_write) assert (crc_d == 32'hFFFFFFFF);
    if (!bank_write && !starts && !runs) begin
      assert (busy_d == busy && done_d == done && at_d == at && crc_d == crc);
    end

    // Upsets: each source told, each report counted up to the end, one in the clock of a clear too.
    assert (sources_d == ((clear ? 5'd0 : sources) | report_i[4:0]));
    assert (errors_d == ((report_i[5] && counted != 8'hFF) ? counted + 8'd1 : counted));
  end

endmodule
