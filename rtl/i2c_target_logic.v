// SPDX-License-Identifier: Apache-2.0
//
// What i2c_target does next: spike filter, START and STOP, bytes, and the strobes of the byte bus.
// Combinational; state_i is what state_o was a clock ago. sync_i: {SCL, SDA}, synchronised.
//
// Times, in clocks of 25 ns, between what the pins show:
// * SCL low or high for at least 3 (75 ns) is seen, and spikes of up to 2 (50 ns) are not. SDA is
//   driven at most 5 (125 ns) after SCL fell, so SCL has to be low for 125 ns and what the host
//   needs to set up: 3.4 MHz at half duty leaves 22 ns.
// * SDA may move up to 100 ns before the fall of SCL reaches its pin (a host without hold time and
//   lines of different delay): a change of SDA is START or STOP when SCL was high before it and is
//   still high SETTLE clocks later. Both have to be held for 150 ns, and no longer set-up is needed.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module i2c_target_logic #(
    parameter [6:0] DEVICE_ADDRESS = 7'h20,
    parameter integer MSB_FIRST = 1
) (
    input  wire [45:0] state_i,
    output wire [45:0] state_o,
    input  wire [ 1:0] sync_i,
    output wire        sda_oe_o,
    output wire [15:0] address_o,
    output wire        write_o,
    output wire [ 7:0] write_data_o,
    output wire        read_o,
    input  wire [ 7:0] read_data_i,
    input  wire        readable_i,
    input  wire        writable_i
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] DEVICE = 3'd1;
  localparam [2:0] ADDRESS_FIRST = 3'd2;
  localparam [2:0] ADDRESS_SECOND = 3'd3;
  localparam [2:0] WRITE = 3'd4;
  localparam [2:0] READ = 3'd5;
  // Somewhere in a transfer, nobody knows where: after reset, and where an upset may have led.
  localparam [2:0] LOST = 3'd6;

  localparam [3:0] BYTE_BITS = 4'd8;
  localparam [3:0] ACK_DONE = 4'd9;
  localparam [2:0] SETTLE = 3'd5;
  // Both lines high for so long (0.8 us; a bus is free after 0.5 us in Fast-mode Plus) is an idle bus.
  // A slower host may still be amid a byte of ones. It does no harm then to believe in START: where
  // SDA falls while SCL is high and stays so, there is one.
  localparam [4:0] IDLE_TIME = 5'd31;

  wire [1:0] delay1_q;
  wire [1:0] delay2_q;
  wire [1:0] line_q;
  wire [2:0] settle_q;
  wire [4:0] quiet_q;
  wire [2:0] state_q;
  wire [3:0] bit_q;
  wire [7:0] shift_q;
  wire [15:0] address_q;
  wire drive_q;
  wire [1:0] line_d;
  reg [2:0] settle_d;
  reg [4:0] quiet_d;
  reg [2:0] state_d;
  reg [3:0] bit_d;
  reg [7:0] shift_d;
  reg [15:0] address_d;
  reg drive_d;

  assign {delay1_q, delay2_q, line_q, settle_q, quiet_q, state_q, bit_q, shift_q, address_q,
          drive_q} = state_i;
  assign state_o = {
    sync_i, delay1_q, line_d, settle_d, quiet_d, state_d, bit_d, shift_d, address_d, drive_d
  };

  // ---------------------------------------------------------------------------------------------
  // Lines: three equal samples in a row against spikes.

  wire sda;
  wire scl_high;
  wire scl_rise;
  wire scl_fall;
  wire sda_moved;
  wire condition;
  wire start;
  wire stop;

  assign line_d = (line_q | (sync_i & delay1_q & delay2_q)) & (sync_i | delay1_q | delay2_q);
  assign sda = line_d[0];
  assign scl_high = line_d[1] && line_q[1];
  assign scl_rise = line_d[1] && !line_q[1];
  assign scl_fall = !line_d[1] && line_q[1];
  assign sda_moved = line_d[0] != line_q[0];
  assign condition = scl_high && !sda_moved && (settle_q == 3'd1);
  assign start = condition && !sda;
  assign stop = condition && sda;

  always @* begin
    settle_d = 3'd0;
    quiet_d  = 5'd0;
    if (scl_high && sda_moved) begin
      settle_d = SETTLE;
    end else if (scl_high && settle_q != 3'd0) begin
      settle_d = settle_q - 3'd1;
    end
    if (state_q == LOST && (&line_d)) begin
      quiet_d = quiet_q + 5'd1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Bytes: bit_q counts rising edges of SCL, 8 data bits and the acknowledge.

  reg  accept;
  wire write;
  wire read;

  // Whether the byte in shift_q is acknowledged; asked at the end of its eighth bit.
  always @* begin
    case (state_q)
      DEVICE: accept = (shift_q[7:1] == DEVICE_ADDRESS) && (!shift_q[0] || readable_i);
      ADDRESS_FIRST: accept = 1'b1;
      ADDRESS_SECOND: accept = readable_i;
      WRITE: accept = writable_i;
      default: accept = 1'b0;
    endcase
  end

  assign write = scl_fall && (state_q == WRITE) && (bit_q == BYTE_BITS) && writable_i;
  // The byte to send is taken at the end of the acknowledge before it.
  assign read =
      scl_fall && (bit_q == ACK_DONE) && ((state_q == READ) || ((state_q == DEVICE) && shift_q[0]));

  always @* begin
    state_d = state_q;
    bit_d = bit_q;
    shift_d = shift_q;
    address_d = address_q;
    drive_d = drive_q;

    if (state_q >= LOST || bit_q > ACK_DONE) begin
      // Only the end of a transfer tells where the next one begins.
      state_d = (stop || quiet_q == IDLE_TIME) ? IDLE : LOST;
      bit_d   = 4'd0;
    end else if (start || stop) begin
      state_d = start ? DEVICE : IDLE;
      bit_d   = 4'd0;
      drive_d = 1'b0;
    end else if (state_q != IDLE && scl_rise) begin
      bit_d = bit_q + 4'd1;
      if (state_q == READ) begin
        if (bit_q == BYTE_BITS && sda) begin
          // The host does not acknowledge: it has read enough.
          state_d = IDLE;
        end
      end else if (bit_q != BYTE_BITS) begin
        shift_d = {shift_q[6:0], sda};
        if (bit_q == BYTE_BITS - 4'd1) begin
          // The last bit of an address byte: the address is complete before it is asked about.
          if (state_q == (MSB_FIRST != 0 ? ADDRESS_FIRST : ADDRESS_SECOND)) begin
            address_d[15:8] = shift_d;
          end else if (state_q == (MSB_FIRST != 0 ? ADDRESS_SECOND : ADDRESS_FIRST)) begin
            address_d[7:0] = shift_d;
          end
        end
      end
    end else if (state_q != IDLE && scl_fall) begin
      if (bit_q == BYTE_BITS) begin
        drive_d = accept;
        if (write) begin
          address_d = address_q + 16'd1;
        end else if (state_q != READ && !accept) begin
          state_d = IDLE;
        end
      end else if (bit_q == ACK_DONE) begin
        bit_d   = 4'd0;
        drive_d = 1'b0;
        case (state_q)
          DEVICE: state_d = shift_q[0] ? READ : ADDRESS_FIRST;
          ADDRESS_FIRST: state_d = ADDRESS_SECOND;
          ADDRESS_SECOND: state_d = WRITE;
          default: state_d = state_q;
        endcase
        if (read) begin
          shift_d   = readable_i ? read_data_i : 8'hFF;
          drive_d   = !shift_d[7];
          address_d = address_q + 16'd1;
        end
      end else if (state_q == READ) begin
        shift_d = {shift_q[6:0], 1'b1};
        drive_d = !shift_d[7];
      end
    end

    // Whatever led here: who is not addressed does not pull.
    if (state_d == IDLE || state_d == LOST) begin
      drive_d = 1'b0;
    end
  end

  assign sda_oe_o = drive_q;
  assign address_o = address_q;
  assign write_o = write;
  assign write_data_o = shift_q;
  assign read_o = read;

endmodule
