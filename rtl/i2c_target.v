// SPDX-License-Identifier: Apache-2.0
//
// I2C target with 16-bit register addresses and auto-increment.
//   write: START, device+W, address (two bytes), data ... STOP
//   read:  START, device+R, data ... STOP, from the address where the last transfer ended
// NACK: other devices, unmapped register addresses, writes to read-only ones. A refused data byte is
// not written and the rest of the transfer is ignored. Address bytes take effect as they come, also
// when the second is refused: reads are then refused too, until an address follows that exists, so
// that a host which overlooks a NACK does not take the bytes of one register for those of another.
// Reading past the end of a region returns 0xFF.
// The clock is never stretched, and SDA is driven only after the own address was received. After
// reset nothing is believed before a STOP or an idle bus: a transfer to somebody else may be on.
// i2c_target_logic tells the times that the lines have to keep.

module i2c_target #(
    parameter [6:0] DEVICE_ADDRESS = 7'h20,
    // 1: high byte of the register address first (ECON-T); 0: low byte first (lpGBT).
    parameter integer MSB_FIRST = 1
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        scl_i,
    input  wire        sda_i,
    output wire        sda_oe_o,
    // Byte bus: the responses belong to address_o of the same clock.
    output wire [15:0] address_o,
    output wire        write_o,
    output wire [ 7:0] write_data_o,
    output wire        read_o,
    input  wire [ 7:0] read_data_i,
    input  wire        readable_i,
    input  wire        writable_i,
    output wire        error_o
);

  // SCL low and SDA high, so that the levels which the pins turn out to have are no condition.
  localparam [1:0] LINES = 2'b01;
  localparam [2:0] LOST = 3'd6;

  wire [ 1:0] meta_q;
  wire [ 1:0] sync_q;
  wire [45:0] state_d;
  wire [45:0] state_q;
  wire sync_error;
  wire state_error;
  wire unused_meta_error;

  // Two flops against metastability. The copies of the first sample an asynchronous line: that they
  // may differ for one clock is normal, so their disagreement is corrected but not reported.
  tmr_register #(
      .WIDTH(2),
      .RESET(LINES)
  ) u_meta (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    ({scl_i, sda_i}),
      .q_o    (meta_q),
      .error_o(unused_meta_error)
  );

  tmr_register #(
      .WIDTH(2),
      .RESET(LINES)
  ) u_sync (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    (meta_q),
      .q_o    (sync_q),
      .error_o(sync_error)
  );

  i2c_target_logic #(
      .DEVICE_ADDRESS(DEVICE_ADDRESS),
      .MSB_FIRST(MSB_FIRST)
  ) u_logic (
      .state_i(state_q),
      .state_o(state_d),
      .sync_i(sync_q),
      .sda_oe_o(sda_oe_o),
      .address_o(address_o),
      .write_o(write_o),
      .write_data_o(write_data_o),
      .read_o(read_o),
      .read_data_i(read_data_i),
      .readable_i(readable_i),
      .writable_i(writable_i)
  );

  tmr_register #(
      .WIDTH(46),
      .RESET({{3{LINES}}, 8'd0, LOST, 29'd0})
  ) u_state (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    (state_d),
      .q_o    (state_q),
      .error_o(state_error)
  );

  assign error_o = sync_error || state_error;

endmodule
