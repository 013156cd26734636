// SPDX-License-Identifier: Apache-2.0
//
// Reset of the chip: a copy is reset at once while the pin is low, and released three edges after it
// is high, all in one clock; what is wrong in one flip-flop of the last stage resets nothing.

module reset_control_upset #(
    parameter integer STAGES = 4
) (
    input wire clk_i,
    input wire pin_i
);

  (* hierconn *) wire [2:0] \dut.third_q ;

  wire [2:0] reset_n;
  wire error;
  wire single;
  wire two;
  reg [2:0] high_q = 3'b000;
  reg known_q = 1'b0;

  reset_control #(
      .STAGES(STAGES)
  ) dut (
      .clk_i  (clk_i),
      .rst_ni (pin_i),
      .rst_no (reset_n),
      .error_o(error)
  );

  assign single = \dut.third_q == 3'b110 || \dut.third_q == 3'b101 || \dut.third_q == 3'b011;

  assign two = \dut.third_q == 3'b001 || \dut.third_q == 3'b010 || \dut.third_q == 3'b100;

  always @(posedge clk_i) begin
    high_q  <= {high_q[1:0], pin_i};
    known_q <= known_q || !pin_i;
  end

  always @* begin
    if (!pin_i) assert (reset_n == 3'b000);
    if (pin_i && \dut.third_q == 3'b111) assert (reset_n == 3'b111);
    if (single) assert (reset_n == 3'b111);
    // Two that say reset do so to their copies; a third one keeps its own out of it.
    if (two) assert (reset_n == \dut.third_q );
    if (\dut.third_q == 3'b000) assert (reset_n == 3'b000);
    if (known_q && pin_i) assert (reset_n == {3{high_q == 3'b111}});
    if (\dut.third_q != {3{\dut.third_q [0]}}) assert (error);
  end

endmodule
