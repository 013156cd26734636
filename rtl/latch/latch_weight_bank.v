// SPDX-License-Identifier: Apache-2.0
//
// The weight image as weight_bank has it, in triplicated latches: two fifths of its area. To the
// register file and the layers the two are the same, but for time. A byte is stored up to twelve
// clocks after its strobe, zeros four clocks after reset. Copies that disagree are outvoted at
// once, and loaded anew when the refresh comes by: see latch_bank_logic. error_o is high for a
// clock whenever it did.
//
// Latches are open in the first half of a clock. What is loaded, and where to, changes at falling
// edges of the clock, half a clock before the first of three copies opens, and stays for a whole
// one after the last of them is shut. Each copy has a clock gate of its own. A transient of a
// clock, of a clock gate, a select or the data, spoils one copy only. What is to be done next, and
// what is on its way to the latches, is there three times.

module latch_weight_bank #(
    parameter integer BITS  = 12864,
    parameter integer PACE  = 4,
    parameter integer BYTES = (BITS + 7) / 8
) (
    input  wire            clk_i,
    input  wire [     2:0] rst_ni,
    input  wire [     2:0] write_i,
    input  wire [    44:0] write_byte_i,
    input  wire [    23:0] write_data_i,
    input  wire [    14:0] read_byte_i,
    output wire [     7:0] read_data_o,
    output wire [BITS-1:0] image_o,
    output wire            error_o
);

  localparam integer INDEX = (BYTES > 1) ? $clog2(BYTES) : 1;
  localparam integer STATE = PACE + 3 * INDEX + 30;
  // Next: all latches are loaded with zeros.
  localparam [STATE-1:0] RESET = {{PACE{1'b1}}, {(STATE - PACE - 4) {1'b0}}, 1'b1, 3'd1};
  // Of a load: all bytes, which one, with what.
  localparam integer LOAD = 1 + INDEX + 8;
  localparam [BYTES-1:0] FIRST = 1;

  wire [3*STATE-1:0] state_d;
  wire [3*STATE-1:0] state_q;
  wire state_error;
  wire [3*LOAD-1:0] load_d;
  wire [3*LOAD-1:0] load_q;
  wire load_error;
  wire [2:0] open;
  wire [2:0] clk;
  wire [2:0] healed;
  wire [23:0] read_data;
  wire [3*INDEX-1:0] look;
  wire [INDEX-1:0] look_byte;
  wire [23:0] look_copies;
  wire voted_healed;
  wire unused_bits;

  generate
    genvar copy;
    for (copy = 0; copy < 3; copy = copy + 1) begin : g_copy
      wire [2:0] opens;
      wire unused_opens;

      latch_bank_logic #(
          .BYTES(BYTES),
          .INDEX(INDEX),
          .PACE (PACE),
          .STATE(STATE)
      ) u_logic (
          .state_i(state_q[STATE*copy+:STATE]),
          .state_o(state_d[STATE*copy+:STATE]),
          .write_i(write_i[copy]),
          .write_byte_i(write_byte_i[15*copy+:15]),
          .write_data_i(write_data_i[8*copy+:8]),
          .read_byte_i(read_byte_i[INDEX-1:0]),
          .read_data_o(read_data[8*copy+:8]),
          .look_byte_o(look[INDEX*copy+:INDEX]),
          .look_copies_i(look_copies),
          .clear_o(load_d[LOAD*copy+LOAD-1]),
          .load_byte_o(load_d[LOAD*copy+8+:INDEX]),
          .load_data_o(load_d[LOAD*copy+:8]),
          .open_o(opens),
          .healed_o(healed[copy])
      );

      assign open[copy]   = opens[copy];
      assign unused_opens = ^opens;

      clock_gate u_clock_gate (
          .clk_i(clk_i),
          .en_i (open[copy]),
          .clk_o(clk[copy])
      );
    end
  endgenerate

  tmr_register #(
      .WIDTH(STATE),
      .RESET(RESET)
  ) u_state (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .d_i    (state_d),
      .q_o    (state_q),
      .error_o(state_error)
  );

  tmr_register #(
      .WIDTH(LOAD),
      .RESET({1'b1, {(LOAD - 1) {1'b0}}})
  ) u_load (
      .clk_i  (!clk_i),
      .rst_ni (rst_ni),
      .d_i    (load_d),
      .q_o    (load_q),
      .error_o(load_error)
  );

  // There is one read port, and one line of errors.
  voter #(
      .WIDTH(INDEX + 9)
  ) u_voter (
      .a_i({healed[0], look[0+:INDEX], read_data[0+:8]}),
      .b_i({healed[1], look[INDEX+:INDEX], read_data[8+:8]}),
      .c_i({healed[2], look[2*INDEX+:INDEX], read_data[16+:8]}),
      .q_o({voted_healed, look_byte, read_data_o})
  );

  // ---------------------------------------------------------------------------------------------
  // The latches. Bytes that are not loaded are shut, bytes that are not looked at read zero.
  // What is seen is kept by Verilator, which would decode it anew for each byte, in five times the
  // time.

  wire clear;
  wire [INDEX-1:0] load_byte;
  wire [7:0] load_data;
  wire [BYTES-1:0] load;
  wire [BYTES-1:0] seen  /* verilator public_flat_rd */;
  wire [BITS-1:0] image;
  wire [8*BYTES-1:0] copies_a;
  wire [8*BYTES-1:0] copies_b;
  wire [8*BYTES-1:0] copies_c;
  reg [23:0] looked;
  integer place;

  assign {clear, load_byte, load_data} = load_q[LOAD-1:0];
  assign load = (FIRST << load_byte) | {BYTES{clear}};
  assign seen = FIRST << look_byte;

  generate
    genvar index;
    for (index = 0; index < BYTES; index = index + 1) begin : g_byte
      localparam integer WIDTH = (BITS - 8 * index > 8) ? 8 : BITS - 8 * index;
      wire [3*WIDTH-1:0] copies;

      tmr_latch_byte #(
          .WIDTH(WIDTH)
      ) u_byte (
          .open_i  (clk & {3{load[index]}}),
          .d_i     (load_data[WIDTH-1:0]),
          .copies_o(copies),
          .q_o     (image[8*index+:WIDTH])
      );

      assign copies_a[8*index+:WIDTH] = copies[0+:WIDTH];
      assign copies_b[8*index+:WIDTH] = copies[WIDTH+:WIDTH];
      assign copies_c[8*index+:WIDTH] = copies[2*WIDTH+:WIDTH];

      // Spare bits of the last byte are not stored and read zero.
      if (WIDTH < 8) begin : g_spare
        assign copies_a[8*index+WIDTH+:8-WIDTH] = {(8 - WIDTH) {1'b0}};
        assign copies_b[8*index+WIDTH+:8-WIDTH] = {(8 - WIDTH) {1'b0}};
        assign copies_c[8*index+WIDTH+:8-WIDTH] = {(8 - WIDTH) {1'b0}};
      end
    end
  endgenerate

  always @* begin
    looked = 24'd0;
    for (place = 0; place < BYTES; place = place + 1) begin
      looked = looked | ({24{seen[place]}} &
          {copies_c[8*place+:8], copies_b[8*place+:8], copies_a[8*place+:8]});
    end
  end

  assign look_copies = looked;
  assign image_o = image;
  assign error_o = voted_healed || state_error || load_error;
  // Of one byte alone not all bits are; the register reports what the votes of other copies miss.
  assign unused_bits = ^{read_byte_i, load_data, load_q};

endmodule
