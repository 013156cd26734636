// SPDX-License-Identifier: Apache-2.0
//
// What belongs to an event, registered where load_i is one. CLEAR = 0: else it is held, so that the logic
// behind does not toggle. CLEAR = 1: else it is zero, as all is that leaves while nothing is valid.
// Plain flip-flops, as those of barrier: what they hold lives for one event. An upset spoils the event
// that is on its way, and no other.

module event_rank #(
    parameter integer WIDTH = 8,
    parameter integer CLEAR = 0
) (
    input  wire             clk_i,
    input  wire             load_i,
    input  wire [WIDTH-1:0] data_i,
    output wire [WIDTH-1:0] data_o
);

  reg [WIDTH-1:0] data_q;

  generate
    if (CLEAR != 0) begin : g_clear
      always @(posedge clk_i) begin
        data_q <= data_i & {WIDTH{load_i}};
      end
    end else begin : g_hold
      always @(posedge clk_i) begin
        if (load_i) begin
          data_q <= data_i;
        end
      end
    end
  endgenerate

  assign data_o = data_q;

endmodule
