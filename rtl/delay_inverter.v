// SPDX-License-Identifier: Apache-2.0
//
// One inverter of a chain that only delays. A kept module of its own, because a synthesiser would
// take two in a row for a wire; a delay cell of the library may stand in its place.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module delay_inverter (
    input  wire a_i,
    output wire q_o
);

  assign q_o = !a_i;

endmodule
