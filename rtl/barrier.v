// SPDX-License-Identifier: Apache-2.0
//
// Activations between two layers, registered at the falling edge of the clock: the layers in front
// have the first half of the period, those behind see each input change once, at the same time, and
// have the second half. It adds no latency: what the rank in front took at a rising edge passes here
// half a period later, and the rank behind takes the result at the next rising edge.
// LIVE tells which words depend on the event; the others follow from the weights alone, stand still
// while these do, and pass.
// Plain flip-flops, neither triplicated nor reset: what they hold lives for one period and is not
// used before a valid event has passed. An upset spoils the event that is on its way, and no other.
// They need no enable: the rank in front holds its data while nothing valid arrives, so that what
// enters stands still, and what leaves too.

module barrier #(
    parameter integer COUNT = 128,
    parameter integer WIDTH = 8,
    parameter [COUNT-1:0] LIVE = {COUNT{1'b1}}
) (
    input  wire                   clk_i,
    input  wire [COUNT*WIDTH-1:0] data_i,
    output wire [COUNT*WIDTH-1:0] data_o
);

  generate
    genvar word;
    for (word = 0; word < COUNT; word = word + 1) begin : g_word
      if (LIVE[word]) begin : g_live
        reg [WIDTH-1:0] data_q;

        always @(negedge clk_i) begin
          data_q <= data_i[word*WIDTH+:WIDTH];
        end

        assign data_o[word*WIDTH+:WIDTH] = data_q;
      end else begin : g_still
        assign data_o[word*WIDTH+:WIDTH] = data_i[word*WIDTH+:WIDTH];
      end
    end
  endgenerate

endmodule
