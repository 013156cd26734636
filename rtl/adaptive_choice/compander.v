// SPDX-License-Identifier: Apache-2.0
//
// The first BITS bits of the code of a relative charge: of the code of CODE_BITS bits, which is the
// number of thresholds 1, 2, ... that the charge reaches; they rise. Each bit asks for one threshold,
// which the bits before it name. THRESHOLDS has number t at [t << STRIDE_BITS +: WIDTH].

module compander #(
    parameter integer WIDTH = 11,
    parameter integer CODE_BITS = 8,
    parameter integer BITS = 8,
    parameter integer STRIDE_BITS = 4,
    parameter [(1<<(CODE_BITS+STRIDE_BITS))-1:0] THRESHOLDS =
        {(1 << (CODE_BITS + STRIDE_BITS)) {1'b0}}
) (
    input  wire [WIDTH-1:0] charge_i,
    output wire [ BITS-1:0] code_o
);

  generate
    genvar place;
    for (place = 0; place < BITS; place = place + 1) begin : g_bit
      // All bits up to this one, and the number of the threshold that this one asks for.
      wire [place:0] code;
      wire [CODE_BITS+STRIDE_BITS-1:0] number;

      if (place == 0) begin : g_first
        assign number = {1'b1, {(CODE_BITS - 1 + STRIDE_BITS) {1'b0}}};
        assign code   = charge_i >= THRESHOLDS[number+:WIDTH];
      end else begin : g_next
        assign number = {
          g_bit[place-1].code, 1'b1, {(CODE_BITS - 1 - place + STRIDE_BITS) {1'b0}}
        };
        assign code = {g_bit[place-1].code, charge_i >= THRESHOLDS[number+:WIDTH]};
      end
    end
  endgenerate

  assign code_o = g_bit[BITS-1].code;

endmodule
