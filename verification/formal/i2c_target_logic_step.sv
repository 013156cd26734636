// SPDX-License-Identifier: Apache-2.0
//
// One clock of the I2C target from every state there is, reachable or not.

module i2c_target_logic_step #(
    parameter [6:0] DEVICE_ADDRESS = 7'h20,
    parameter integer MSB_FIRST = 1
) (
    input wire [45:0] state_i,
    input wire [ 1:0] sync_i,
    input wire [ 7:0] read_data_i,
    input wire        readable_i,
    input wire        writable_i
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] DEVICE = 3'd1;
  localparam [2:0] ADDRESS_FIRST = 3'd2;
  localparam [2:0] WRITE = 3'd4;
  localparam [2:0] READ = 3'd5;
  localparam [2:0] LOST = 3'd6;

  wire [45:0] state;
  wire sda_oe;
  wire [15:0] address;
  wire write;
  wire [7:0] write_data;
  wire read;

  i2c_target_logic #(
      .DEVICE_ADDRESS(DEVICE_ADDRESS),
      .MSB_FIRST     (MSB_FIRST)
  ) dut (
      .state_i     (state_i),
      .state_o     (state),
      .sync_i      (sync_i),
      .sda_oe_o    (sda_oe),
      .address_o   (address),
      .write_o     (write),
      .write_data_o(write_data),
      .read_o      (read),
      .read_data_i (read_data_i),
      .readable_i  (readable_i),
      .writable_i  (writable_i)
  );

  wire [2:0] now;
  wire [2:0] next;
  wire [3:0] bits;
  wire [7:0] shift;
  wire drive;
  wire scl_was;
  wire scl;
  wire known;

  assign now = state_i[31:29];
  assign bits = state_i[28:25];
  assign shift = state_i[24:17];
  assign drive = state_i[0];
  assign next = state[31:29];
  assign scl_was = state_i[41];
  assign scl = state[41];
  assign known = now < LOST && bits <= 4'd9;

  always @* begin
    // Outputs are of the state alone.
    assert (sda_oe == drive && address == state_i[16:1] && write_data == shift);
    // Who is not addressed does not pull; states that are none end there.
    if (next == IDLE || next >= LOST) assert (!state[0]);
    if (!known) assert ((next == IDLE || next == LOST) && state[28:25] == 0);
    assert (next <= LOST);
    // SDA is pulled, or let go, where SCL fell, or where a transfer ends or begins.
    if (known && state[0] && !drive) assert (scl_was && !scl);
    // Only a byte with the own address is acknowledged, and leads on.
    if (known && now == DEVICE && next != DEVICE && next != IDLE) begin
      assert (bits == 4'd9 && next == (shift[0] ? READ : ADDRESS_FIRST));
    end
    if (now == DEVICE && state[0] && !drive && bits == 4'd8) begin
      assert (shift[7:1] == DEVICE_ADDRESS && (!shift[0] || readable_i));
    end
    if (known && now == IDLE) assert (next == IDLE || next == DEVICE);
    if (next == WRITE || next == READ) assert (known && now != IDLE);
    // Bytes are written and read at an edge of SCL, once, where they may be; the address moves then,
    // and else only by address bytes that come.
    if (write) assert (known && now == WRITE && bits == 4'd8 && writable_i && scl_was && !scl);
    if (read) assert (bits == 4'd9 && scl_was && !scl && (now == READ || now == DEVICE));
    if (known && (write || read)) assert (state[16:1] == address + 16'd1);
    if (!write && !read && (now < 3'd2 || now > 3'd3)) assert (state[16:1] == address);
    if (state[8:1] != address[7:0] && !write && !read) begin
      assert (now == ((MSB_FIRST != 0) ? 3'd3 : 3'd2) && bits == 4'd7);
    end
    if (state[16:9] != address[15:8] && !write && !read) begin
      assert (now == ((MSB_FIRST != 0) ? 3'd2 : 3'd3) && bits == 4'd7);
    end
    // A byte that is not there reads 0xFF.
    if (known && read) assert (state[24:17] == (readable_i ? read_data_i : 8'hFF));
    if (known && read) assert (state[0] == !state[24]);
  end

endmodule
