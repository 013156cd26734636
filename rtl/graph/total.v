// SPDX-License-Identifier: Apache-2.0
//
// One output of a layer without weights: the sum of the inputs that LIVE declares live,
// requantised. ACC_WIDTH is derived from the worst case of the whole layer, so that no sum can
// overflow. ROUNDING and OVERFLOW as in requantise.

module total #(
    parameter integer INPUTS = 2,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer ACC_WIDTH = 10,
    parameter integer SHIFT = 1,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 0,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 1,
    parameter [INPUTS-1:0] LIVE = {INPUTS{1'b1}}
) (
    input  wire [INPUTS*INPUT_WIDTH-1:0] data_i,
    output wire [         OUT_WIDTH-1:0] data_o
);

  // Inputs of which no live one has all its bits leave a sum that is no wider than they are; one
  // bit more is then kept, because Verilog cannot repeat a sign no times.
  localparam integer WIDTH = (ACC_WIDTH > INPUT_WIDTH) ? ACC_WIDTH : INPUT_WIDTH + 1;

  // Dead inputs end here.
  wire unused_dead;
  assign unused_dead = ^data_i;

  integer index;
  reg [WIDTH-1:0] term;
  reg [WIDTH-1:0] sum;

  always @* begin
    sum = {WIDTH{1'b0}};
    for (index = 0; index < INPUTS; index = index + 1) begin
      term = {
        {(WIDTH - INPUT_WIDTH) {(INPUT_SIGNED != 0) && data_i[index*INPUT_WIDTH+INPUT_WIDTH-1]}},
        data_i[index*INPUT_WIDTH+:INPUT_WIDTH]
      };
      if (LIVE[index]) begin
        sum = sum + (term << PRODUCT_SHIFT);
      end
    end
  end

  requantise #(
      .ACC_WIDTH (WIDTH),
      .SHIFT     (SHIFT),
      .OUT_WIDTH (OUT_WIDTH),
      .OUT_SIGNED(OUT_SIGNED),
      .ROUNDING  (ROUNDING),
      .OVERFLOW  (OVERFLOW),
      .RELU      (RELU)
  ) u_requantise (
      .acc_i (sum),
      .data_o(data_o)
  );

endmodule
