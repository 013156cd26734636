// SPDX-License-Identifier: Apache-2.0
//
// Each bit of the vote is what at least two copies have.

module voter_majority #(
    parameter integer WIDTH = 4
) (
    input wire [WIDTH-1:0] a_i,
    input wire [WIDTH-1:0] b_i,
    input wire [WIDTH-1:0] c_i
);

  wire [WIDTH-1:0] voted;
  integer place;

  voter #(
      .WIDTH(WIDTH)
  ) dut (
      .a_i(a_i),
      .b_i(b_i),
      .c_i(c_i),
      .q_o(voted)
  );

  always @* begin
    for (place = 0; place < WIDTH; place = place + 1) begin
      assert (voted[place] == ({1'b0, a_i[place]} + {1'b0, b_i[place]} + {1'b0, c_i[place]} >= 2));
    end
  end

endmodule
