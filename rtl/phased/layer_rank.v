// SPDX-License-Identifier: Apache-2.0
//
// The outputs of a layer, registered once a crossing, so that the next layer has them for as long.
// LIVE tells which words depend on the event; the others follow from the weights alone and pass.
// Plain flip-flops, as those of barrier and for its reasons.

module layer_rank #(
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

        always @(posedge clk_i) begin
          data_q <= data_i[word*WIDTH+:WIDTH];
        end

        assign data_o[word*WIDTH+:WIDTH] = data_q;
      end else begin : g_still
        assign data_o[word*WIDTH+:WIDTH] = data_i[word*WIDTH+:WIDTH];
      end
    end
  endgenerate

endmodule
