// SPDX-License-Identifier: Apache-2.0
//
// What the I2C host of i2c_bench.cpp talks to: all of the chip that is triplicated, without a layer.
// Two targets share the bus. Behind the first (high byte of an address first) are the registers of
// econ-t, whose weights lie in a memory of the bench; either bank has their first bytes as well, and
// the register file behind gated clocks goes in step with the other. Behind the second (low byte
// first) is a ring of bytes around address 0, of which some cannot be written.
// mistake_i: which of the mistakes is made that were planted in the text; 0: none.

/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off PINMISSING */
module control #(
    parameter [6:0] FIRST = 7'h20,
    parameter [6:0] SECOND = 7'h5D,
    parameter integer RING_READ_ONLY = 8,
    // Of econ-t.
    parameter integer KEEP_BITS = 144,
    parameter integer WEIGHT_BYTES = 1608,
    parameter [31:0] DESIGN_HASH = 32'd0
) (
    input wire clk_i,
    input wire rst_ni,
    input wire scl_i,
    input wire sda_i,
    input wire valid_i,
    input wire [3:0] data_i,
    input wire [15:0] mistake_i,
    output wire [1:0] sda_oe_o,
    // Byte buses as the first copy has them, target k in the k-th part.
    output wire [31:0] address_o,
    output wire [1:0] write_o,
    output wire [15:0] write_data_o,
    output wire [1:0] read_o,
    output wire [15:0] read_data_o,
    output wire enable_o,
    output wire [KEEP_BITS-1:0] keep_o,
    output wire [35:0] image_o,
    output wire valid_o,
    output wire [3:0] data_o,
    // Of either register file.
    output wire [1:0] tmr_error_o,
    // All copies say the same, and so do the blocks that are there in two kinds.
    output wire agree_o
);

  localparam integer BANK_BITS = 36;

  wire [2:0] reset_n;
  wire [47:0] address;
  wire [47:0] ring_address;
  wire [2:0] write;
  wire [2:0] ring_write;
  wire [2:0] read;
  wire [2:0] ring_read;
  wire [23:0] write_data;
  wire [23:0] ring_write_data;
  wire [23:0] read_data;
  wire [23:0] gated_read_data;
  wire [7:0] ring_read_data;
  wire [2:0] readable;
  wire [2:0] writable;
  wire [2:0] gated_readable;
  wire [2:0] gated_writable;
  wire ring_readable;
  wire ring_writable;
  wire [2:0] bank_write;
  wire [2:0] gated_bank_write;
  wire [44:0] bank_write_byte;
  wire [44:0] gated_bank_write_byte;
  wire [14:0] bank_read_byte;
  wire [14:0] gated_bank_read_byte;
  wire [7:0] bank_read_data;
  wire [7:0] free_read_data;
  wire [7:0] gate_read_data;
  wire [2:0] enable;
  wire [2:0] gated_enable;
  wire [KEEP_BITS-1:0] gated_keep;
  wire [BANK_BITS-1:0] gated_image;
  wire reset_error;
  wire first_error;
  wire second_error;
  wire free_error;
  wire gate_error;
  wire hold_error;
  wire clear_error;
  wire [3:0] errors;
  wire [2:0] held_valid;
  wire [2:0] cleared_valid;
  wire [3:0] held;

  reg [7:0] weights[0:WEIGHT_BYTES-1];
  reg [7:0] ring[0:31];

  reset_control #(
      .STAGES(4)
  ) u_reset_control (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .rst_no (reset_n),
      .error_o(reset_error)
  );

  i2c_target #(
      .DEVICE_ADDRESS(FIRST)
  ) u_i2c_target (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .scl_i(scl_i),
      .sda_i(sda_i),
      .sda_oe_o(sda_oe_o[0]),
      .address_o(address),
      .write_o(write),
      .write_data_o(write_data),
      .read_o(read),
      .read_data_i(read_data),
      .readable_i(readable),
      .writable_i(writable),
      .error_o(first_error)
  );

  i2c_target #(
      .DEVICE_ADDRESS(SECOND),
      .MSB_FIRST(0)
  ) u_other_target (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .scl_i(scl_i),
      .sda_i(sda_i),
      .sda_oe_o(sda_oe_o[1]),
      .address_o(ring_address),
      .write_o(ring_write),
      .write_data_o(ring_write_data),
      .read_o(ring_read),
      .read_data_i({3{ring_read_data}}),
      .readable_i({3{ring_readable}}),
      .writable_i({3{ring_writable}}),
      .error_o(second_error)
  );

  register_file #(
      .KEEP_BITS(KEEP_BITS),
      .WEIGHT_BYTES(WEIGHT_BYTES),
      .DESIGN_HASH(DESIGN_HASH)
  ) u_register_file (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .address_i(address),
      .write_i(write),
      .write_data_i(write_data),
      .read_i(read),
      .read_data_o(read_data),
      .readable_o(readable),
      .writable_o(writable),
      .bank_write_o(bank_write),
      .bank_write_byte_o(bank_write_byte),
      .bank_read_byte_o(bank_read_byte),
      .bank_read_data_i(bank_read_data),
      .enable_o(enable),
      .keep_o(keep_o),
      .errors_i(errors),
      .tmr_error_o(tmr_error_o[0])
  );

  gated_register_file #(
      .KEEP_BITS(KEEP_BITS),
      .WEIGHT_BYTES(WEIGHT_BYTES),
      .DESIGN_HASH(DESIGN_HASH)
  ) u_gated_register_file (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .address_i(address),
      .write_i(write),
      .write_data_i(write_data),
      .read_i(read),
      .read_data_o(gated_read_data),
      .readable_o(gated_readable),
      .writable_o(gated_writable),
      .bank_write_o(gated_bank_write),
      .bank_write_byte_o(gated_bank_write_byte),
      .bank_read_byte_o(gated_bank_read_byte),
      .bank_read_data_i(bank_read_data),
      .enable_o(gated_enable),
      .keep_o(gated_keep),
      .errors_i(errors),
      .tmr_error_o(tmr_error_o[1])
  );

  weight_bank #(
      .BITS(BANK_BITS)
  ) u_weight_bank (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .write_i(bank_write),
      .write_byte_i(bank_write_byte),
      .write_data_i(write_data),
      .read_byte_i(bank_read_byte),
      .read_data_o(free_read_data),
      .image_o(image_o),
      .error_o(free_error)
  );

  gated_weight_bank #(
      .BITS  (BANK_BITS),
      .VOTERS(3)
  ) u_gated_weight_bank (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .write_i(bank_write),
      .write_byte_i(bank_write_byte),
      .write_data_i(write_data),
      .read_byte_i(bank_read_byte),
      .read_data_o(gate_read_data),
      .image_o(gated_image),
      .error_o(gate_error)
  );

  pipeline_rank #(
      .WIDTH(4)
  ) u_hold (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .enable_i(enable),
      .valid_i({3{valid_i}}),
      .data_i(data_i),
      .valid_o(held_valid),
      .data_o(held),
      .error_o(hold_error)
  );

  pipeline_rank #(
      .WIDTH(4),
      .CLEAR(1)
  ) u_clear (
      .clk_i(clk_i),
      .rst_ni(reset_n),
      .enable_i(enable),
      .valid_i(held_valid),
      .data_i(held),
      .valid_o(cleared_valid),
      .data_o(data_o),
      .error_o(clear_error)
  );

  // Memories outlast a reset. No two weights that are neighbours are the same.
  integer place;
  initial begin
    for (place = 0; place < WEIGHT_BYTES; place = place + 1) weights[place] = place[7:0];
    for (place = 0; place < 32; place = place + 1) ring[place] = 8'd0;
  end

  always @(posedge clk_i) begin
    if (bank_write[0]) weights[bank_write_byte[10:0]] <= write_data[7:0];
    if (ring_write[0]) ring[ring_address[4:0]] <= ring_write_data[7:0];
  end

  assign bank_read_data = weights[bank_read_byte[10:0]];
  assign ring_read_data = ring[ring_address[4:0]];
  assign ring_readable = (ring_address[15:0] + 16'd16) < 16'd32;
  assign ring_writable = ring_readable && ring_address[15:2] != (RING_READ_ONLY[15:2]);

  assign errors = {
    hold_error || clear_error, free_error || gate_error, first_error || second_error, reset_error
  };
  assign address_o = {ring_address[15:0], address[15:0]};
  assign write_o = {ring_write[0], write[0]};
  assign write_data_o = {ring_write_data[7:0], write_data[7:0]};
  assign read_o = {ring_read[0], read[0]};
  assign read_data_o = {ring_read_data, read_data[7:0]};
  assign enable_o = enable[0];
  assign valid_o = cleared_valid[0];
  assign agree_o = address == {3{address[15:0]}} && ring_address == {3{ring_address[15:0]}} &&
      write == {3{write[0]}} && ring_write == {3{ring_write[0]}} &&
      read == {3{read[0]}} && ring_read == {3{ring_read[0]}} &&
      bank_write == {3{bank_write[0]}} && gated_bank_write == bank_write &&
      bank_write_byte == {3{bank_write_byte[14:0]}} && gated_bank_write_byte == bank_write_byte &&
      gated_bank_read_byte == bank_read_byte && enable == {3{enable[0]}} &&
      gated_enable == enable && gated_keep == keep_o && gated_image == image_o &&
      readable == {3{readable[0]}} && writable == {3{writable[0]}} &&
      gated_readable == readable && gated_read_data == read_data && gated_writable == writable &&
      free_read_data == gate_read_data && read_data == {3{read_data[7:0]}} &&
      cleared_valid == {3{cleared_valid[0]}};

endmodule
