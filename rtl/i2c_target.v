// SPDX-License-Identifier: Apache-2.0
//
// I2C target with 16-bit register addresses and auto-increment.
//   write: START, device+W, address (two bytes), data ... STOP
//   read:  START, device+R, data ... STOP, from the address where the last transfer ended
// NACK: other devices, unmapped register addresses, writes to read-only ones; a NACKed byte has no
// effect and the rest of the transfer is ignored. Reading past the end of a region returns 0xFF.
// The clock is never stretched, and SDA is driven only after the own address was received.

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

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] DEVICE = 3'd1;
  localparam [2:0] ADDRESS_FIRST = 3'd2;
  localparam [2:0] ADDRESS_SECOND = 3'd3;
  localparam [2:0] WRITE = 3'd4;
  localparam [2:0] READ = 3'd5;

  localparam [3:0] BYTE_BITS = 4'd8;
  localparam [3:0] ACK_DONE = 4'd9;

  // ---------------------------------------------------------------------------------------------
  // Lines: two flops against metastability, then three equal samples in a row against spikes.

  wire [1:0] meta_q;
  wire [1:0] sync_q;
  wire [1:0] delay1_q;
  wire [1:0] delay2_q;
  wire [1:0] line_d;
  wire [1:0] line_q;
  wire [1:0] last_q;
  wire sync_error;
  wire filter_error;
  wire unused_meta_error;

  // The copies of this flop sample an asynchronous line: that they may differ for one clock is
  // normal, so their disagreement is corrected but not reported.
  tmr_register #(
      .WIDTH(2),
      .RESET(2'b11)
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
      .RESET(2'b11)
  ) u_sync (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    (meta_q),
      .q_o    (sync_q),
      .error_o(sync_error)
  );

  tmr_register #(
      .WIDTH(8),
      .RESET(8'hFF)
  ) u_filter (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    ({line_q, line_d, delay1_q, sync_q}),
      .q_o    ({last_q, line_q, delay2_q, delay1_q}),
      .error_o(filter_error)
  );

  assign line_d = (line_q | (sync_q & delay1_q & delay2_q)) & (sync_q | delay1_q | delay2_q);

  wire sda;
  wire scl_rise;
  wire scl_fall;
  wire start;
  wire stop;

  assign sda = line_q[0];
  assign scl_rise = line_q[1] && !last_q[1];
  assign scl_fall = !line_q[1] && last_q[1];
  assign start = line_q[1] && last_q[1] && last_q[0] && !line_q[0];
  assign stop = line_q[1] && last_q[1] && !last_q[0] && line_q[0];

  // ---------------------------------------------------------------------------------------------
  // Bytes: bit_q counts rising edges of SCL, 8 data bits and the acknowledge.

  wire [2:0] state_q;
  wire [3:0] bit_q;
  wire [7:0] shift_q;
  wire [15:0] address_q;
  wire drive_q;
  wire error_state;
  reg [2:0] state_d;
  reg [3:0] bit_d;
  reg [7:0] shift_d;
  reg [15:0] address_d;
  reg drive_d;
  reg accept;
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

    if (start || stop) begin
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
          shift_d = readable_i ? read_data_i : 8'hFF;
          drive_d = !shift_d[7];
          address_d = address_q + 16'd1;
        end
      end else if (state_q == READ) begin
        shift_d = {shift_q[6:0], 1'b1};
        drive_d = !shift_d[7];
      end
    end
  end

  tmr_register #(
      .WIDTH(32),
      .RESET(32'd0)
  ) u_state (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .en_i   (1'b1),
      .d_i    ({state_d, bit_d, shift_d, address_d, drive_d}),
      .q_o    ({state_q, bit_q, shift_q, address_q, drive_q}),
      .error_o(error_state)
  );

  assign sda_oe_o = drive_q;
  assign address_o = address_q;
  assign write_o = write;
  assign write_data_o = shift_q;
  assign read_o = read;
  assign error_o = sync_error || filter_error || error_state;

endmodule
