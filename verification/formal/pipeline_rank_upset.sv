// SPDX-License-Identifier: Apache-2.0
//
// A rank loads what is valid while it is enabled and holds or clears what is not, whatever is wrong
// in one copy of what it is told and of what it holds. In reset it holds nothing.

module pipeline_rank_upset #(
    parameter integer WIDTH = 3,
    parameter integer CLEAR = 0
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire             valid_i,
    input wire             enable_i,
    input wire [WIDTH-1:0] data_i,
    input wire             held_valid_i,
    input wire [WIDTH-1:0] held_i,
    input wire [      1:0] copy_i,
    input wire [      1:0] flip_i,
    input wire             upset_valid_i,
    input wire [WIDTH-1:0] upset_i
);

  (* hierconn *) wire \dut.u_valid.copy_a ;
  (* hierconn *) wire \dut.u_valid.copy_b ;
  (* hierconn *) wire \dut.u_valid.copy_c ;
  (* hierconn *) wire [WIDTH-1:0] \dut.u_data.copy_a ;
  (* hierconn *) wire [WIDTH-1:0] \dut.u_data.copy_b ;
  (* hierconn *) wire [WIDTH-1:0] \dut.u_data.copy_c ;

  localparam integer BITS = 3 * WIDTH;

  wire [2:0] valid;
  wire [WIDTH-1:0] data;
  wire error;
  wire [2:0] one;
  wire [2:0] valids;
  wire [BITS-1:0] datas;
  wire single;
  reg past_q = 1'b0;
  reg loaded_q;
  reg [WIDTH-1:0] data_q;

  assign one = (copy_i < 2'd3) ? 3'b001 << copy_i : 3'b000;

  pipeline_rank #(
      .WIDTH(WIDTH),
      .CLEAR(CLEAR)
  ) dut (
      .clk_i(clk_i),
      .rst_ni({3{rst_ni}}),
      .enable_i({3{enable_i}} ^ (one & {3{flip_i[0]}})),
      .valid_i({3{valid_i}} ^ (one & {3{flip_i[1]}})),
      .data_i(data_i),
      .valid_o(valid),
      .data_o(data),
      .error_o(error)
  );

  assign valids = {\dut.u_valid.copy_c , \dut.u_valid.copy_b , \dut.u_valid.copy_a };
  assign datas = {\dut.u_data.copy_c , \dut.u_data.copy_b , \dut.u_data.copy_a };
  assign single = (valids == ({3{held_valid_i}} ^ (one & {3{upset_valid_i}}))) &&
      (datas == ({3{held_i}} ^ ({3{upset_i}} &
      {{WIDTH{one[2]}}, {WIDTH{one[1]}}, {WIDTH{one[0]}}})));

  always @(posedge clk_i) begin
    past_q <= single && rst_ni;
    loaded_q <= valid_i && enable_i;
    data_q <= (valid_i && enable_i) ? data_i : (CLEAR != 0) ? {WIDTH{1'b0}} : held_i;
  end

  // Told a wrong thing, one copy holds it; the votes are right all the same.
  always @* begin
    if (!rst_ni) begin
      assert (valid == 3'b000);
      assert (data == {WIDTH{1'b0}});
    end
    if (rst_ni && single) begin
      assert (valid == {3{held_valid_i}});
      assert (data == held_i);
      assert (error == (one != 3'b000 && (upset_valid_i || upset_i != 0)));
    end
    if (rst_ni && past_q) begin
      assert (valid == {3{loaded_q}});
      assert (data == data_q);
    end
  end

endmodule
