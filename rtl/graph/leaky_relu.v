// SPDX-License-Identifier: Apache-2.0
//
// Each number as it is, or times 2**-HALVINGS below zero, requantised; fully parallel. What LIVE
// does not declare live is zero. ROUNDING and OVERFLOW as in requantise, of whose SHIFT the
// halvings are a part.

module leaky_relu #(
    parameter integer VALUES = 16,
    parameter integer HALVINGS = 3,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer ACC_WIDTH = 11,
    parameter integer SHIFT = 3,
    parameter integer OUT_WIDTH = 8,
    parameter integer OUT_SIGNED = 1,
    parameter integer ROUNDING = 6,
    parameter integer OVERFLOW = 0,
    parameter integer RELU = 0,
    parameter [VALUES-1:0] LIVE = {VALUES{1'b1}}
) (
    input  wire [VALUES*INPUT_WIDTH-1:0] data_i,
    output wire [  VALUES*OUT_WIDTH-1:0] data_o
);

  // Dead inputs end here.
  wire unused_dead;
  assign unused_dead = ^data_i;

  // One bit more than a number needs: Verilog cannot repeat a sign no times.
  localparam integer WIDTH = (ACC_WIDTH > INPUT_WIDTH) ? ACC_WIDTH : INPUT_WIDTH + 1;

  generate
    genvar value;
    for (value = 0; value < VALUES; value = value + 1) begin : g_value
      wire [INPUT_WIDTH-1:0] word;
      wire negative;
      wire [WIDTH-1:0] number;
      wire [WIDTH-1:0] sloped;

      assign word = LIVE[value] ? data_i[value*INPUT_WIDTH+:INPUT_WIDTH] : {INPUT_WIDTH{1'b0}};
      assign negative = (INPUT_SIGNED != 0) && word[INPUT_WIDTH-1];
      assign number = {{(WIDTH - INPUT_WIDTH) {negative}}, word};
      assign sloped = negative ? number : number << HALVINGS;

      requantise #(
          .ACC_WIDTH (WIDTH),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (OUT_WIDTH),
          .OUT_SIGNED(OUT_SIGNED),
          .ROUNDING  (ROUNDING),
          .OVERFLOW  (OVERFLOW),
          .RELU      (RELU)
      ) u_requantise (
          .acc_i (sloped << PRODUCT_SHIFT),
          .data_o(data_o[value*OUT_WIDTH+:OUT_WIDTH])
      );
    end
  endgenerate

endmodule
