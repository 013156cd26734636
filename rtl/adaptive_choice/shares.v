// SPDX-License-Identifier: Apache-2.0
//
// What each of number_i codes gets of the room: first bits, and the bits that are left for all of them.
// FIRST and LEFT have those of a number at [number*4 +: 4] and [number*LEFT_WIDTH +: LEFT_WIDTH].

module shares #(
    parameter integer SLOTS = 18,
    parameter integer COUNT_WIDTH = 5,
    parameter integer LEFT_WIDTH = 5,
    parameter [4*(SLOTS+1)-1:0] FIRST = {4 * (SLOTS + 1) {1'b0}},
    parameter [LEFT_WIDTH*(SLOTS+1)-1:0] LEFT = {LEFT_WIDTH * (SLOTS + 1) {1'b0}}
) (
    input  wire [COUNT_WIDTH-1:0] number_i,
    output reg  [            3:0] first_o,
    output reg  [ LEFT_WIDTH-1:0] left_o
);

  integer number;

  always @* begin
    first_o = 4'd0;
    left_o  = {LEFT_WIDTH{1'b0}};
    for (number = 1; number <= SLOTS; number = number + 1) begin
      if (number_i == number[COUNT_WIDTH-1:0]) begin
        first_o = FIRST[number*4+:4];
        left_o  = LEFT[number*LEFT_WIDTH+:LEFT_WIDTH];
      end
    end
  end

endmodule
