// SPDX-License-Identifier: Apache-2.0
//
// Where all clocks run, whatever is wrong in one copy of the word is outvoted and told, and what is
// held next has the byte that is written and no other. VOTERS = 3: whatever is wrong in that copy of
// the write as well; each copy is brought what its own part of the ports says.

module tmr_gated_word_upset #(
    parameter integer WIDTH  = 19,
    parameter integer VOTERS = 3
) (
    input wire             clk_i,
    input wire             clear_i,
    input wire             select_i,
    input wire [      3:0] lane_i,
    input wire [      7:0] data_i,
    input wire [WIDTH-1:0] held_i,
    input wire [WIDTH-1:0] upset_i,
    input wire [      1:0] copy_i,
    input wire [     13:0] flip_i
);

  (* hierconn *) wire [WIDTH-1:0] \dut.copy_a ;
  (* hierconn *) wire [WIDTH-1:0] \dut.copy_b ;
  (* hierconn *) wire [WIDTH-1:0] \dut.copy_c ;

  wire [2:0] one;
  wire [13:0] flip;
  wire [2:0] clear;
  wire [2:0] select;
  wire [11:0] lane;
  wire [23:0] data;
  wire [WIDTH-1:0] vote;
  wire error;
  wire [3*WIDTH-1:0] copies;
  wire [3*WIDTH-1:0] wrong;
  wire single;
  reg past_q = 1'b0;
  reg [2:0] one_q;
  reg [WIDTH-1:0] next_q;
  reg [31:0] next_d;
  integer number;

  assign one = (copy_i < 2'd3) ? 3'b001 << copy_i : 3'b000;
  assign flip = (VOTERS == 3) ? flip_i : 14'd0;
  assign clear = {3{clear_i}} ^ (one & {3{flip[13]}});
  assign select = {3{select_i}} ^ (one & {3{flip[12]}});
  assign lane = {3{lane_i}} ^
      {{4{one[2]}} & flip[11:8], {4{one[1]}} & flip[11:8], {4{one[0]}} & flip[11:8]};
  assign data = {3{data_i}} ^
      {{8{one[2]}} & flip[7:0], {8{one[1]}} & flip[7:0], {8{one[0]}} & flip[7:0]};

  tmr_gated_word #(
      .WIDTH (WIDTH),
      .VOTERS(VOTERS)
  ) dut (
      .clk_a_i (clk_i),
      .clk_b_i (clk_i),
      .clk_c_i (clk_i),
      .clear_i (clear),
      .select_i(select),
      .lane_i  (lane),
      .d_i     (data),
      .q_o     (vote),
      .error_o (error)
  );

  assign copies = {\dut.copy_c , \dut.copy_b , \dut.copy_a };
  assign wrong = {{WIDTH{one[2]}} & upset_i, {WIDTH{one[1]}} & upset_i, {WIDTH{one[0]}} & upset_i};
  assign single = copies == ({3{held_i}} ^ wrong);

  always @* begin
    next_d = 32'd0;
    next_d[WIDTH-1:0] = held_i;
    for (number = 0; number < 4; number = number + 1) begin
      if (select_i && lane_i[number]) next_d[8*number+:8] = data_i;
    end
    if (clear_i) next_d = 32'd0;
  end

  always @(posedge clk_i) begin
    past_q <= single;
    one_q  <= one;
    next_q <= next_d[WIDTH-1:0];
  end

  always @* begin
    if (single) begin
      assert (vote == held_i);
      assert (error == (wrong != 0));
    end
    if (past_q) begin
      assert (vote == next_q);
      for (number = 0; number < 3; number = number + 1) begin
        if (!one_q[number]) assert (copies[WIDTH*number+:WIDTH] == next_q);
      end
    end
  end

endmodule
