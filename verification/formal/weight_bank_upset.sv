// SPDX-License-Identifier: Apache-2.0
//
// A clock of the bank: a write changes its byte and no other, whatever is wrong in one copy of a word
// that is held or of the write; what is read is the byte asked for.

module weight_bank_upset #(
    parameter integer BITS = 43
) (
    input wire            clk_i,
    input wire            write_i,
    input wire [    14:0] byte_i,
    input wire [     7:0] data_i,
    input wire [    14:0] read_i,
    input wire [BITS-1:0] held_i,
    input wire [    31:0] upset_i,
    input wire [     1:0] copy_i,
    input wire [    23:0] flip_i
);

  localparam integer BYTES = (BITS + 7) / 8;
  localparam integer LAST = BITS - 32;

  (* hierconn *) wire [31:0] \dut.g_word[0].u_word.copy_a ;
  (* hierconn *) wire [31:0] \dut.g_word[0].u_word.copy_b ;
  (* hierconn *) wire [31:0] \dut.g_word[0].u_word.copy_c ;
  (* hierconn *) wire [LAST-1:0] \dut.g_word[1].u_word.copy_a ;
  (* hierconn *) wire [LAST-1:0] \dut.g_word[1].u_word.copy_b ;
  (* hierconn *) wire [LAST-1:0] \dut.g_word[1].u_word.copy_c ;

  wire [BITS-1:0] image;
  wire [7:0] read;
  wire error;
  wire [2:0] one;
  wire [2:0] write;
  wire [44:0] bytes;
  wire [23:0] data;
  wire [95:0] first;
  wire [3*LAST-1:0] last;
  wire [95:0] wrong;
  wire single;
  reg past_q = 1'b0;
  reg [8*BYTES-1:0] image_q;
  reg [8*BYTES-1:0] image_d;

  assign one = (copy_i < 2'd3) ? 3'b001 << copy_i : 3'b000;
  assign write = {3{write_i}} ^ (one & {3{flip_i[23]}});
  assign bytes = {3{byte_i}} ^
      {{15{one[2]}} & flip_i[22:8], {15{one[1]}} & flip_i[22:8], {15{one[0]}} & flip_i[22:8]};
  assign data = {3{data_i}} ^
      {{8{one[2]}} & flip_i[7:0], {8{one[1]}} & flip_i[7:0], {8{one[0]}} & flip_i[7:0]};

  weight_bank #(
      .BITS(BITS)
  ) dut (
      .clk_i       (clk_i),
      .rst_ni      (3'b111),
      .write_i     (write),
      .write_byte_i(bytes),
      .write_data_i(data),
      .read_byte_i (read_i),
      .read_data_o (read),
      .image_o     (image),
      .error_o     (error)
  );

  assign first = {
    \dut.g_word[0].u_word.copy_c , \dut.g_word[0].u_word.copy_b , \dut.g_word[0].u_word.copy_a
  };
  assign last = {
    \dut.g_word[1].u_word.copy_c , \dut.g_word[1].u_word.copy_b , \dut.g_word[1].u_word.copy_a
  };
  assign wrong = {{32{one[2]}} & upset_i, {32{one[1]}} & upset_i, {32{one[0]}} & upset_i};
  assign single = first == ({3{held_i[31:0]}} ^ wrong) && last == {3{held_i[BITS-1:32]}};

  always @* begin
    image_d = 0;
    image_d[BITS-1:0] = held_i;
    if (write_i && byte_i < BYTES) image_d[8*byte_i+:8] = data_i;
  end

  always @(posedge clk_i) begin
    past_q  <= single;
    image_q <= image_d;
  end

  always @* begin
    if (single) begin
      assert (image == held_i);
      assert (error == (wrong != 0));
      if (read_i < BYTES - 1) assert (read == held_i[8*read_i+:8]);
      if (read_i == BYTES - 1) assert (read == (held_i >> (8 * (BYTES - 1))));
    end
    if (past_q) assert (image == image_q[BITS-1:0]);
  end

endmodule
