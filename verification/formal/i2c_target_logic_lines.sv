// SPDX-License-Identifier: Apache-2.0
//
// What lines do to the I2C target. From every state that is none, a bus that is idle until LAST ends
// in IDLE; from every state at all a STOP that is held does; in IDLE a START that is held is one; and
// a spike of SPIKE clocks on lines that rest is nothing in any state.

module i2c_target_logic_lines #(
    // 0: idle; 1: STOP; 2: START; 3: a spike.
    parameter integer SCENE = 0,
    parameter integer SPIKE = 2,
    parameter integer LAST = 40
) (
    input wire       clk_i,
    input wire [1:0] line_i,
    input wire [1:0] spike_i,
    input wire [5:0] begin_i,
    input wire [7:0] read_data_i,
    input wire       readable_i,
    input wire       writable_i
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] DEVICE = 3'd1;

  reg [45:0] state_q;
  reg [6:0] clock_q = 7'd0;
  // The lines that rest, those with a spike, and its clock, drawn at the first.
  reg [9:0] drawn_q;
  wire [9:0] drawn;
  wire [1:0] line;
  wire [1:0] spike;
  wire [5:0] spike_clock;
  wire [45:0] state;
  reg [1:0] sync;
  wire sda_oe;
  wire [15:0] address;
  wire write;
  wire [7:0] write_data;
  wire read;
  wire in_spike;

  i2c_target_logic dut (
      .state_i     (state_q),
      .state_o     (state),
      .sync_i      (sync),
      .sda_oe_o    (sda_oe),
      .address_o   (address),
      .write_o     (write),
      .write_data_o(write_data),
      .read_o      (read),
      .read_data_i (read_data_i),
      .readable_i  (readable_i),
      .writable_i  (writable_i)
  );

  always @(posedge clk_i) begin
    state_q <= state;
    clock_q <= clock_q + 7'd1;
    drawn_q <= drawn;
  end

  assign drawn = (clock_q == 7'd0) ? {line_i, spike_i, begin_i} : drawn_q;
  assign {line, spike, spike_clock} = drawn;
  assign in_spike = clock_q >= {1'b0, spike_clock} && clock_q < {1'b0, spike_clock} + SPIKE;

  always @* begin
    case (SCENE)
      0: sync = 2'b11;
      1: sync = (clock_q < 7'd10) ? 2'b10 : 2'b11;
      2: sync = (clock_q < 7'd10) ? 2'b11 : 2'b10;
      default: sync = in_spike ? line ^ spike : line;
    endcase
  end

  wire resting;
  wire lost;
  assign resting = state_q[45:40] == {3{line}} && state_q[39:37] == 3'd0;
  assign lost = state_q[31:29] >= 3'd6 || state_q[28:25] > 4'd9;

  always @* begin
    case (SCENE)
      0, 1: begin
        if (clock_q == 7'd0) assume (SCENE == 1 || lost);
        if (clock_q == LAST) assert (state_q[31:29] == IDLE && !sda_oe);
      end
      2: begin
        if (clock_q == 7'd0) assume (state_q[31:25] == {IDLE, 4'd0});
        if (clock_q == LAST) assert (state_q[31:29] == DEVICE && state_q[28:25] == 0);
      end
      default: begin
        if (clock_q == 7'd0) assume (resting);
        assert (state_q[41:40] == line && state_q[39:37] == 3'd0 && !write && !read);
      end
    endcase
  end

endmodule
