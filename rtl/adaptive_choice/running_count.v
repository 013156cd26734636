// SPDX-License-Identifier: Apache-2.0
//
// Of each flag the number of flags that are set in front of it, bit b of all these at
// [b*FLAGS +: FLAGS], and of all: counts of neighbours join in blocks of 2, 4, 8 and so on (a prefix sum:
// J. Sklansky, IRE Trans. Electronic Computers 9 (1960) 226).

module running_count #(
    parameter integer FLAGS = 48,
    parameter integer COUNT_WIDTH = 6
) (
    input  wire [            FLAGS-1:0] flag_i,
    output wire [COUNT_WIDTH*FLAGS-1:0] before_o,
    output wire [      COUNT_WIDTH-1:0] number_o
);

  localparam integer STEPS = $clog2(FLAGS);

  integer step;
  integer index;
  // Place 0 holds none, so that the count in front of a flag is that up to the flag before.
  reg [(FLAGS+1)*COUNT_WIDTH-1:0] counts;

  always @* begin
    counts = {(FLAGS + 1) * COUNT_WIDTH{1'b0}};
    for (index = 0; index < FLAGS; index = index + 1) begin
      counts[(index+1)*COUNT_WIDTH] = flag_i[index];
    end
    for (step = 0; step < STEPS; step = step + 1) begin
      for (index = 0; index < FLAGS; index = index + 1) begin
        // The upper half of a block takes what the lower half has counted.
        if (((index >> step) & 1) == 1) begin
          counts[(index+1)*COUNT_WIDTH+:COUNT_WIDTH] =
              counts[(index+1)*COUNT_WIDTH+:COUNT_WIDTH] +
              counts[((index>>step)<<step)*COUNT_WIDTH+:COUNT_WIDTH];
        end
      end
    end
  end

  bit_planes #(
      .WORDS(FLAGS),
      .WIDTH(COUNT_WIDTH)
  ) u_planes (
      .word_i (counts[FLAGS*COUNT_WIDTH-1:0]),
      .plane_o(before_o)
  );

  assign number_o = counts[FLAGS*COUNT_WIDTH+:COUNT_WIDTH];

endmodule
