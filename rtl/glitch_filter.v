// SPDX-License-Identifier: Apache-2.0
//
// Low when the reset pin is low and was. Kept apart: the three of a chip are equal.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module glitch_filter (
    input  wire now_i,
    input  wire then_i,
    output wire q_o
);

  assign q_o = now_i || then_i;

endmodule
