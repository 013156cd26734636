// SPDX-License-Identifier: Apache-2.0
//
// The filter is low where the pin is low and was; a low of either alone is a pulse that is none.

module glitch_filter_both (
    input wire now_i,
    input wire then_i
);

  wire filtered;

  glitch_filter dut (
      .now_i (now_i),
      .then_i(then_i),
      .q_o   (filtered)
  );

  always @* begin
    if (!now_i && !then_i) assert (!filtered);
    else assert (filtered);
  end

endmodule
