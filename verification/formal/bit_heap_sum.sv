// SPDX-License-Identifier: Apache-2.0
//
// The heap is the sum of its bits, each times the weight of its column.

module bit_heap_sum #(
    parameter integer COLUMNS = 4,
    parameter [32*COLUMNS+31:0] FIRST = {32'd12, 32'd12, 32'd7, 32'd5, 32'd0},
    parameter integer BITS = 12
) (
    input wire [BITS-1:0] bits_i
);

  wire [COLUMNS-1:0] found;
  reg [COLUMNS-1:0] right;
  integer column;
  integer place;

  bit_heap #(
      .COLUMNS(COLUMNS),
      .FIRST  (FIRST),
      .BITS   (BITS)
  ) dut (
      .bits_i(bits_i),
      .sum_o (found)
  );

  always @* begin
    right = 0;
    for (place = 0; place < BITS; place = place + 1) begin
      for (column = 0; column < COLUMNS; column = column + 1) begin
        if (place >= FIRST[32*column+:32] && place < FIRST[32*column+32+:32]) begin
          right = right + ({{(COLUMNS - 1) {1'b0}}, bits_i[place]} << column);
        end
      end
    end
    assert (found == right);
  end

endmodule
