// SPDX-License-Identifier: Apache-2.0
//
// The codes of the relative charges in all slots.

module slot_codes #(
    parameter integer SLOTS = 18,
    parameter integer WIDTH = 11,
    parameter integer CODE_BITS = 8,
    parameter integer BITS = 8,
    parameter integer STRIDE_BITS = 4,
    parameter [(1<<(CODE_BITS+STRIDE_BITS))-1:0] THRESHOLDS =
        {(1 << (CODE_BITS + STRIDE_BITS)) {1'b0}}
) (
    input  wire [SLOTS*WIDTH-1:0] charge_i,
    output wire [ SLOTS*BITS-1:0] code_o
);

  generate
    genvar slot;
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
      compander #(
          .WIDTH     (WIDTH),
          .CODE_BITS (CODE_BITS),
          .BITS      (BITS),
          .STRIDE_BITS(STRIDE_BITS),
          .THRESHOLDS(THRESHOLDS)
      ) u_compander (
          .charge_i(charge_i[slot*WIDTH+:WIDTH]),
          .code_o  (code_o[slot*BITS+:BITS])
      );
    end
  endgenerate

endmodule
