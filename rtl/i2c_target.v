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
// Everything behind the pins is there three times, copy k in the k-th part of a port; SDA is driven by
// the vote of the first.

module i2c_target #(
    parameter [6:0] DEVICE_ADDRESS = 7'h20,
    // 1: high byte of the register address first (ECON-T); 0: low byte first (lpGBT).
    parameter integer MSB_FIRST = 1
) (
    input  wire        clk_i,
    input  wire [ 2:0] rst_ni,
    input  wire        scl_i,
    input  wire        sda_i,
    output wire        sda_oe_o,
    // Byte bus: the responses belong to address_o of the same clock.
    output wire [47:0] address_o,
    output wire [ 2:0] write_o,
    output wire [23:0] write_data_o,
    output wire [ 2:0] read_o,
    input  wire [23:0] read_data_i,
    input  wire [ 2:0] readable_i,
    input  wire [ 2:0] writable_i,
    output wire        error_o
);

  localparam integer STATE = 46;
  // SCL low and SDA high, so that the levels which the pins turn out to have are no condition.
  localparam [1:0] LINES = 2'b01;
  localparam [2:0] LOST = 3'd6;

  wire [5:0] meta_q;
  wire [5:0] sync_q;
  wire [3*STATE-1:0] state_d;
  wire [3*STATE-1:0] state_q;
  wire [2:0] sda_oe;
  wire sync_error;
  wire state_error;
  wire unused_meta_error;
  wire unused_sda_oe;

  // Two flops against metastability. The copies of the first sample an asynchronous line: that they
  // may differ for one clock is normal, so their disagreement is corrected but not reported.
  tmr_register #(
      .WIDTH(2),
      .RESET(LINES)
  ) u_meta (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    ({3{scl_i, sda_i}}),
      .q_o    (meta_q),
      .error_o(unused_meta_error)
  );

  tmr_register #(
      .WIDTH(2),
      .RESET(LINES)
  ) u_sync (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (meta_q),
      .q_o    (sync_q),
      .error_o(sync_error)
  );

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      i2c_target_logic #(
          .DEVICE_ADDRESS(DEVICE_ADDRESS),
          .MSB_FIRST(MSB_FIRST)
      ) u_logic (
          .state_i(state_q[STATE*copy+:STATE]),
          .state_o(state_d[STATE*copy+:STATE]),
          .sync_i(sync_q[2*copy+:2]),
          .sda_oe_o(sda_oe[copy]),
          .address_o(address_o[16*copy+:16]),
          .write_o(write_o[copy]),
          .write_data_o(write_data_o[8*copy+:8]),
          .read_o(read_o[copy]),
          .read_data_i(read_data_i[8*copy+:8]),
          .readable_i(readable_i[copy]),
          .writable_i(writable_i[copy])
      );
    end
  endgenerate

  tmr_register #(
      .WIDTH(STATE),
      .RESET({{3{LINES}}, 8'd0, LOST, 29'd0})
  ) u_state (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (state_d),
      .q_o    (state_q),
      .error_o(state_error)
  );

  assign sda_oe_o = sda_oe[0];
  assign unused_sda_oe = ^sda_oe[2:1];
  assign error_o = sync_error || state_error;

endmodule
