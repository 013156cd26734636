// SPDX-License-Identifier: Apache-2.0
//
// One cell of the normaliser: its charge over the power of two 2^msb_i, with FRACTION bits right of
// the point, brought to the type of the codes. A module, so that synthesis maps it once.

module normaliser_cell #(
    parameter integer CALQ_WIDTH = 22,
    parameter integer MSB_WIDTH = 5,
    parameter integer FRACTION = 7,
    parameter integer CODE_WIDTH = 8,
    parameter integer CODE_SIGNED = 0,
    parameter integer CODE_FRACTION = 7,
    parameter integer ROUNDING = 0,
    parameter integer OVERFLOW = 0
) (
    input  wire [CALQ_WIDTH-1:0] calq_i,
    input  wire [ MSB_WIDTH-1:0] msb_i,
    output wire [CODE_WIDTH-1:0] code_o
);

  localparam integer SHIFT = FRACTION - CODE_FRACTION;
  localparam integer SCALED_WIDTH = CALQ_WIDTH + FRACTION;
  localparam integer NUMBER_WIDTH = FRACTION + 1;
  localparam integer ROOM = (CODE_SIGNED != 0) ? CODE_WIDTH - 1 : CODE_WIDTH;

  wire [SCALED_WIDTH-1:0] scaled;
  wire [SCALED_WIDTH-1:0] shifted;
  wire [NUMBER_WIDTH-1:0] number;
  wire unused_high;

  assign shifted = scaled >> msb_i;
  // A charge never exceeds the sum.
  assign unused_high = ^shifted[SCALED_WIDTH-1:NUMBER_WIDTH];
  assign number = shifted[NUMBER_WIDTH-1:0];

  generate
    if (FRACTION == 0) begin : g_whole
      assign scaled = calq_i;
    end else begin : g_fraction
      assign scaled = {calq_i, {FRACTION{1'b0}}};
    end

    // Where nothing is dropped and everything fits, hierarchical synthesis would still build a
    // requantiser for numbers that never come.
    if (SHIFT == 0 && CODE_WIDTH == NUMBER_WIDTH && CODE_SIGNED == 0) begin : g_same
      assign code_o = number;
    end else if (SHIFT == 0 && ROOM >= NUMBER_WIDTH) begin : g_wider
      assign code_o = {{(CODE_WIDTH - NUMBER_WIDTH) {1'b0}}, number};
    end else begin : g_requantise
      requantise #(
          .ACC_WIDTH (NUMBER_WIDTH + 1),
          .SHIFT     (SHIFT),
          .OUT_WIDTH (CODE_WIDTH),
          .OUT_SIGNED(CODE_SIGNED),
          .ROUNDING  (ROUNDING),
          .OVERFLOW  (OVERFLOW),
          .RELU      (0)
      ) u_requantise (
          .acc_i ({1'b0, number}),
          .data_o(code_o)
      );
    end
  endgenerate

endmodule
