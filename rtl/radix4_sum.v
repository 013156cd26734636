// SPDX-License-Identifier: Apache-2.0
//
// Sum of products and of one more word, exact modulo 2^SUM_WIDTH for every mix of signed and
// unsigned operands. Weights are taken in radix 4: the products of all digits are the bits of one
// heap, which one adder ends. Weights and addend are expected to stand still while data stream:
// whatever depends on them alone is one word of the heap.
// SUM_WIDTH must exceed WEIGHT_WIDTH.

module radix4_sum #(
    parameter integer INPUTS = 16,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer SUM_WIDTH = 18
) (
    input  wire [ INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*WEIGHT_WIDTH-1:0] weight_i,
    input  wire [          SUM_WIDTH-1:0] addend_i,
    output wire [          SUM_WIDTH-1:0] sum_o
);

  // Digits of a weight; the highest has room for a sign, also where that is always positive.
  localparam integer DIGITS = (WEIGHT_SIGNED != 0) ? (WEIGHT_WIDTH + 1) / 2 : WEIGHT_WIDTH / 2 + 1;
  localparam integer TOP = DIGITS - 1;
  localparam integer ROW_WIDTH = INPUT_WIDTH + 1;

  // The lowest digit of which a row reaches a column.
  function [31:0] lowest_digit;
    input [31:0] column;
    lowest_digit = (column > INPUT_WIDTH) ? (column - INPUT_WIDTH + 1) / 2 : 0;
  endfunction

  // FIRST of the heap: in each column rows, tap by tap, then a bit of the still word.
  function [32*SUM_WIDTH+31:0] first_places;
    input [31:0] inputs;
    integer column;
    integer place;
    integer low;
    integer high;
    begin
      place = 0;
      for (column = 0; column < SUM_WIDTH; column = column + 1) begin
        first_places[32*column+:32] = place;
        low = lowest_digit(column);
        high = (column / 2 < DIGITS) ? column / 2 : TOP;
        place = place + 1 + ((high >= low) ? inputs * (high - low + 1) : 0);
      end
      first_places[32*SUM_WIDTH+:32] = place;
    end
  endfunction

  // FIRST of a heap that counts the rows of so many digits made by complement: each digit has the
  // first of two columns.
  function [32*SUM_WIDTH+31:0] first_minus;
    input [31:0] digits;
    integer column;
    integer below;
    for (column = 0; column <= SUM_WIDTH; column = column + 1) begin
      below = (column + 1) / 2;
      first_minus[32*column+:32] = INPUTS * ((below < digits) ? below : digits);
    end
  endfunction

  localparam [32*SUM_WIDTH+31:0] FIRST = first_places(INPUTS);
  localparam integer BITS = FIRST[32*SUM_WIDTH+:32];

  // By how much a row exceeds the negative product, and by how much all of them the negative sum,
  // before complements are put right.
  localparam [SUM_WIDTH-1:0] ONE = 1;
  localparam [SUM_WIDTH-1:0] ROW_EXCESS = (INPUT_SIGNED != 0) ? (ONE << INPUT_WIDTH) - ONE :
      (ONE << ROW_WIDTH) - ONE;

  function [SUM_WIDTH-1:0] excess_of;
    input [31:0] inputs;
    integer tap;
    integer digit;
    begin
      excess_of = {SUM_WIDTH{1'b0}};
      for (tap = 0; tap < inputs; tap = tap + 1) begin
        for (digit = 0; digit < DIGITS; digit = digit + 1) begin
          excess_of = excess_of + (ROW_EXCESS << (2 * digit));
        end
      end
    end
  endfunction

  localparam [SUM_WIDTH-1:0] EXCESS = excess_of(INPUTS);

  // Bit planes: the same bit of all taps side by side.
  wire [INPUT_WIDTH*INPUTS-1:0] data;
  wire [2*DIGITS*INPUTS-1:0] weight;
  wire [(DIGITS+1)*INPUTS-1:0] carry;
  wire [DIGITS*INPUTS-1:0] minus;
  wire [DIGITS*ROW_WIDTH*INPUTS-1:0] rows;
  wire [BITS-1:0] heap;
  wire [SUM_WIDTH-1:0] still;
  wire [SUM_WIDTH-1:0] complement;
  wire [SUM_WIDTH-1:0] low_count;
  wire [SUM_WIDTH-1:0] top_minus;
  wire [SUM_WIDTH-1:0] top_count;
  wire [SUM_WIDTH-1:0] missing;
  wire unused_carry;
  wire unused_rows;

  assign carry[INPUTS-1:0] = {INPUTS{1'b0}};
  assign unused_carry = ^carry[DIGITS*INPUTS+:INPUTS];
  // Those above the sum.
  assign unused_rows = ^rows;

  generate
    genvar tap;
    genvar digit;
    genvar place;

    for (tap = 0; tap < INPUTS; tap = tap + 1) begin : g_tap
      for (place = 0; place < INPUT_WIDTH; place = place + 1) begin : g_data
        assign data[place*INPUTS+tap] = data_i[tap*INPUT_WIDTH+place];
      end
      for (place = 0; place < 2 * DIGITS; place = place + 1) begin : g_weight
        if (place < WEIGHT_WIDTH) begin : g_bit
          assign weight[place*INPUTS+tap] = weight_i[tap*WEIGHT_WIDTH+place];
        end else begin : g_sign
          assign weight[place*INPUTS+tap] =
              (WEIGHT_SIGNED != 0) && weight_i[(tap+1)*WEIGHT_WIDTH-1];
        end
      end
    end

    for (digit = 0; digit < DIGITS; digit = digit + 1) begin : g_digit
      radix4_digit #(
          .TAPS       (INPUTS),
          .DATA_WIDTH (INPUT_WIDTH),
          .DATA_SIGNED(INPUT_SIGNED),
          .TOP        ((digit == TOP) ? 1 : 0)
      ) u_digit (
          .data_i  (data),
          .weight_i(weight[2*digit*INPUTS+:2*INPUTS]),
          .carry_i (carry[digit*INPUTS+:INPUTS]),
          .rows_o  (rows[digit*ROW_WIDTH*INPUTS+:ROW_WIDTH*INPUTS]),
          .minus_o (minus[digit*INPUTS+:INPUTS]),
          .carry_o (carry[(digit+1)*INPUTS+:INPUTS])
      );
    end

    // Bits of a column, tap by tap: what is of one tap moves or rests together. A bit of the still
    // word ahead of them would part the three digits of each tap among two adders.
    for (place = 0; place < SUM_WIDTH; place = place + 1) begin : g_column
      localparam integer LOWEST = lowest_digit(place);
      localparam integer HIGHEST = (place / 2 < DIGITS) ? place / 2 : TOP;
      localparam integer COUNT = (HIGHEST >= LOWEST) ? HIGHEST - LOWEST + 1 : 0;
      assign heap[FIRST[32*place+:32]+COUNT*INPUTS] = still[place];
      if (COUNT > 0) begin : g_rows
        reg [COUNT*INPUTS-1:0] taken;
        integer of_tap;
        integer of_digit;
        always @* begin
          for (of_tap = 0; of_tap < INPUTS; of_tap = of_tap + 1) begin
            for (of_digit = LOWEST; of_digit <= HIGHEST; of_digit = of_digit + 1) begin
              taken[of_tap*COUNT+of_digit-LOWEST] =
                  rows[(of_digit*ROW_WIDTH+place-2*of_digit)*INPUTS+of_tap];
            end
          end
        end
        assign heap[FIRST[32*place+:32]+:COUNT*INPUTS] = taken;
      end
    end

    if (DIGITS > 1) begin : g_low_count
      bit_heap #(
          .COLUMNS(SUM_WIDTH),
          .FIRST  (first_minus(TOP)),
          .BITS   (TOP * INPUTS)
      ) u_heap (
          .bits_i(minus[TOP*INPUTS-1:0]),
          .sum_o (low_count)
      );
    end else begin : g_no_low
      assign low_count = {SUM_WIDTH{1'b0}};
    end

    // What complements miss, of either sign, per unit of the count: see radix4_digit.
    if (INPUT_SIGNED != 0) begin : g_signed
      assign missing = low_count + top_count;
    end else begin : g_unsigned
      assign missing = low_count + top_count - (low_count << INPUT_WIDTH) -
          (top_count << ROW_WIDTH);
    end
  endgenerate

  bit_heap #(
      .COLUMNS(SUM_WIDTH),
      .FIRST  (first_minus(1)),
      .BITS   (INPUTS)
  ) u_top_count (
      .bits_i(minus[TOP*INPUTS+:INPUTS]),
      .sum_o (top_minus)
  );
  assign top_count = top_minus << (2 * TOP);

  // Minus one less the sum, and back.
  assign still = ~addend_i - EXCESS - missing;

  bit_heap #(
      .COLUMNS(SUM_WIDTH),
      .FIRST  (FIRST),
      .BITS   (BITS)
  ) u_heap (
      .bits_i(heap),
      .sum_o (complement)
  );
  assign sum_o = ~complement;

endmodule
