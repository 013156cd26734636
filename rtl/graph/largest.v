// SPDX-License-Identifier: Apache-2.0
//
// The largest of the words that INSIDE names; it names one at least.

module largest #(
    parameter integer INPUTS = 4,
    parameter integer WIDTH = 8,
    parameter integer SIGNED = 0,
    parameter [INPUTS-1:0] INSIDE = {INPUTS{1'b1}}
) (
    input  wire [INPUTS*WIDTH-1:0] data_i,
    output reg  [       WIDTH-1:0] data_o
);

  localparam [WIDTH-1:0] ONES = {WIDTH{1'b1}};
  localparam [WIDTH-1:0] SIGN = (SIGNED != 0) ? ONES ^ (ONES >> 1) : {WIDTH{1'b0}};

  // Words outside end here.
  wire unused_outside;
  assign unused_outside = ^data_i;

  integer index;
  reg found;
  reg [WIDTH-1:0] word;

  // With the sign turned over, the order of signed words is that of unsigned ones.
  always @* begin
    found  = 1'b0;
    data_o = {WIDTH{1'b0}};
    for (index = 0; index < INPUTS; index = index + 1) begin
      word = data_i[index*WIDTH+:WIDTH];
      if (INSIDE[index] && (!found || (word ^ SIGN) > (data_o ^ SIGN))) begin
        data_o = word;
      end
      found = found || INSIDE[index];
    end
  end

endmodule
