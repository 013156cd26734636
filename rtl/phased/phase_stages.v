// SPDX-License-Identifier: Apache-2.0
//
// The outputs of a layer that is computed in PHASES parts, side by side: in the last phase of a
// crossing data_o is all of it, that phase's as it is just computed, those before as they were at
// the edges of the fast clock. Each edge takes what is there and moves the others on, so nothing
// here needs to know which phase it is.
// data_i: SLOTS words of the phase; above them, where LIVE lacks positions, one word that is the
// same at all of these and depends on the weights alone.
// Plain flip-flops without reset: what they hold lives for a crossing. An upset spoils the event that
// is on its way, and no other.

module phase_stages #(
    parameter integer PHASES = 4,
    parameter integer POSITIONS = 16,
    parameter integer WIDTH = 64,
    parameter [POSITIONS-1:0] LIVE = {POSITIONS{1'b1}},
    // Words of a phase, and words that enter: one more where LIVE lacks positions.
    parameter integer SLOTS = 4,
    parameter integer WORDS = 4
) (
    input  wire                       clk_i,
    input  wire [    WORDS*WIDTH-1:0] data_i,
    output wire [POSITIONS*WIDTH-1:0] data_o
);

  localparam integer PART = SLOTS * WIDTH;

  reg [(PHASES-1)*PART-1:0] earlier_q;
  wire [PHASES*PART-1:0] parts;

  assign parts = {data_i[PART-1:0], earlier_q};

  always @(posedge clk_i) begin
    earlier_q <= parts[PHASES*PART-1:PART];
  end

  // How many positions of LIVE come before one.
  function [31:0] earlier;
    input [31:0] position;
    integer index;
    begin
      earlier = 0;
      for (index = 0; index < position; index = index + 1) begin
        if (LIVE[index]) earlier = earlier + 1;
      end
    end
  endfunction

  generate
    genvar place;
    for (place = 0; place < POSITIONS; place = place + 1) begin : g_position
      localparam integer INDEX = earlier(place);
      if (LIVE[place]) begin : g_live
        assign data_o[place*WIDTH+:WIDTH] = parts[INDEX*WIDTH+:WIDTH];
      end else begin : g_still
        assign data_o[place*WIDTH+:WIDTH] = data_i[PART+:WIDTH];
      end
    end
  endgenerate

endmodule
