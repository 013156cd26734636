// SPDX-License-Identifier: Apache-2.0
//
// Who gets the bits that are held back, flag [slot*DEPTH + d] for further bit d of a code: bins are halved
// until none is of a higher octave than a level, the lowest for which left_i bits are enough. What is then
// left goes, one each, to the codes at or above the level that can have one more, the largest first bits
// first, of equal ones those in front. A code has BITS bits at most.
// Of levels number e is level e - (BITS - 1); below the first all codes have all bits, as at it.

module halved_further #(
    parameter integer SLOTS = 18,
    parameter integer BITS = 8,
    parameter integer DEPTH = 7,
    parameter integer COUNT_WIDTH = 5,
    // For SLOTS * DEPTH bits, and wider than COUNT_WIDTH.
    parameter integer LEFT_WIDTH = 7,
    // Of a bin, the highest that there is.
    parameter integer OCTAVE = 11,
    parameter [4*(2<<BITS)-1:0] OCTAVES = {4 * (2 << BITS) {1'b0}}
) (
    input  wire [ SLOTS*BITS-1:0] first_i,
    input  wire [COUNT_WIDTH-1:0] number_i,
    input  wire [            3:0] first_bits_i,
    input  wire [ LEFT_WIDTH-1:0] left_i,
    output reg  [SLOTS*DEPTH-1:0] further_o
);

  localparam integer BELOW = BITS - 1;
  localparam integer LEVELS = OCTAVE + BELOW + 1;
  // Those that a further bit of the highest level asks for are none.
  localparam integer REACHES = LEVELS + DEPTH;

  integer slot;
  integer level;
  integer depth;

  wire [SLOTS*4-1:0] octave;
  // Further bits that a code may have.
  reg [DEPTH-1:0] allowed;
  // Bit [level*SLOTS + slot]: there is a code, and its bin is of that level or a higher one.
  reg [REACHES*SLOTS-1:0] reached;
  // How many are, how many bits that takes, and whether there are so many.
  reg [REACHES*COUNT_WIDTH-1:0] counts;
  reg [LEVELS*LEFT_WIDTH-1:0] needed;
  reg [LEVELS-1:0] enough;
  // Of the level that is found: flags of all codes, whether a code is at it or above.
  reg found;
  reg [SLOTS*DEPTH-1:0] halved;
  reg [SLOTS-1:0] at_level;
  reg [LEFT_WIDTH-1:0] spent;
  wire [LEFT_WIDTH-1:0] spare;
  reg [SLOTS-1:0] able;
  wire [SLOTS-1:0] extra;

  generate
    genvar g;
    for (g = 0; g < SLOTS; g = g + 1) begin : g_slot
      bin_octave #(
          .BITS(BITS),
          .OCTAVES(OCTAVES)
      ) u_octave (
          .code_i(first_i[g*BITS+:BITS]),
          .first_i(first_bits_i),
          .octave_o(octave[g*4+:4])
      );
    end
  endgenerate

  always @* begin
    for (depth = 0; depth < DEPTH; depth = depth + 1) begin
      allowed[depth] = first_bits_i + depth[3:0] < BITS[3:0];
    end
  end

  always @* begin
    reached = {REACHES * SLOTS{1'b0}};
    counts  = {REACHES * COUNT_WIDTH{1'b0}};
    for (level = 0; level < LEVELS; level = level + 1) begin
      for (slot = 0; slot < SLOTS; slot = slot + 1) begin
        reached[level*SLOTS+slot] = number_i > slot[COUNT_WIDTH-1:0] &&
            ({1'b0, octave[slot*4+:4]} + BELOW[4:0] >= level[4:0]);
        counts[level*COUNT_WIDTH+:COUNT_WIDTH] = counts[level*COUNT_WIDTH+:COUNT_WIDTH] +
            {{(COUNT_WIDTH - 1) {1'b0}}, reached[level*SLOTS+slot]};
      end
    end
  end

  always @* begin
    needed = {LEVELS * LEFT_WIDTH{1'b0}};
    for (level = 0; level < LEVELS; level = level + 1) begin
      for (depth = 0; depth < DEPTH; depth = depth + 1) begin
        needed[level*LEFT_WIDTH+:LEFT_WIDTH] = needed[level*LEFT_WIDTH+:LEFT_WIDTH] + {
          {(LEFT_WIDTH - COUNT_WIDTH) {1'b0}},
          counts[(level+1+depth)*COUNT_WIDTH+:COUNT_WIDTH] & {COUNT_WIDTH{allowed[depth]}}
        };
      end
      enough[level] = needed[level*LEFT_WIDTH+:LEFT_WIDTH] <= left_i;
    end
  end

  always @* begin
    halved = {SLOTS * DEPTH{1'b0}};
    at_level = {SLOTS{1'b0}};
    spent = {LEFT_WIDTH{1'b0}};
    for (level = 0; level < LEVELS; level = level + 1) begin
      found = enough[level] && (level == 0 || !enough[(level+LEVELS-1)%LEVELS]);
      at_level = at_level | ({SLOTS{found}} & reached[level*SLOTS+:SLOTS]);
      spent = spent | ({LEFT_WIDTH{found}} & needed[level*LEFT_WIDTH+:LEFT_WIDTH]);
      for (slot = 0; slot < SLOTS; slot = slot + 1) begin
        for (depth = 0; depth < DEPTH; depth = depth + 1) begin
          halved[slot*DEPTH+depth] = halved[slot*DEPTH+depth] ||
              (found && allowed[depth] && reached[(level+1+depth)*SLOTS+slot]);
        end
      end
    end
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin
      able[slot] = at_level[slot] && halved[slot*DEPTH+:DEPTH] != allowed;
    end
  end

  assign spare = left_i - spent;

  first_largest #(
      .WORDS(SLOTS),
      .WIDTH(BITS),
      .COUNT_WIDTH(LEFT_WIDTH)
  ) u_largest (
      .word_i(first_i),
      .able_i(able),
      .number_i(spare),
      .chosen_o(extra)
  );

  // One more flag of a code is the one behind those that it has.
  always @* begin
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin
      for (depth = 0; depth < DEPTH; depth = depth + 1) begin
        further_o[slot*DEPTH+depth] = halved[slot*DEPTH+depth] ||
            (extra[slot] && (depth == 0 || halved[slot*DEPTH+(depth+DEPTH-1)%DEPTH]));
      end
    end
  end

endmodule
