// SPDX-License-Identifier: Apache-2.0
//
// What a convolution sees in each phase of a crossing, window beside window: SLOTS of the output
// positions that see anything, in their order. In phase p these are p * SLOTS and those that follow.
// A tap on padding, or on an input that LIVE declares dead, is zero. While nothing valid is there,
// all are, so that the layer stands still.
// Indices and sizes as in conv2d; window k has its taps in kernel order.

module window_select #(
    parameter integer PHASES = 4,
    parameter integer SLOTS = 4,
    // Windows that leave: those above SLOTS see nothing.
    parameter integer WINDOWS = 4,
    parameter integer IN_ROWS = 8,
    parameter integer IN_COLS = 8,
    parameter integer IN_CHANNELS = 1,
    parameter integer KERNEL_ROWS = 3,
    parameter integer KERNEL_COLS = 3,
    parameter integer STRIDE_ROWS = 2,
    parameter integer STRIDE_COLS = 2,
    parameter integer PAD_TOP = 0,
    parameter integer PAD_LEFT = 0,
    parameter integer OUT_ROWS = 4,
    parameter integer OUT_COLS = 4,
    parameter integer WIDTH = 8,
    parameter [IN_ROWS*IN_COLS*IN_CHANNELS-1:0] LIVE = {(IN_ROWS * IN_COLS * IN_CHANNELS) {1'b1}}
) (
    input  wire                                                         valid_i,
    input  wire [                                           PHASES-1:0] phase_i,
    input  wire [                IN_ROWS*IN_COLS*IN_CHANNELS*WIDTH-1:0] data_i,
    output wire [WINDOWS*KERNEL_ROWS*KERNEL_COLS*IN_CHANNELS*WIDTH-1:0] data_o
);

  // Dead inputs end here.
  wire unused_dead;
  assign unused_dead = ^data_i;

  wire [PHASES-1:0] on;
  assign on = phase_i & {PHASES{valid_i}};

  localparam integer WINDOW = KERNEL_ROWS * KERNEL_COLS * IN_CHANNELS;
  localparam integer PLACES = SLOTS * PHASES;

  // Of each position that sees anything, from place first on, and each tap of it, 32 bits: the
  // input and one, or zero.
  function [32*PLACES*WINDOW-1:0] sources;
    input [31:0] first;
    integer position;
    integer place;
    integer tap;
    integer row;
    integer col;
    reg sees;
    begin
      sources = {(32 * PLACES * WINDOW) {1'b0}};
      place   = first;
      for (position = 0; position < OUT_ROWS * OUT_COLS; position = position + 1) begin
        sees = 1'b0;
        for (tap = 0; tap < WINDOW; tap = tap + 1) begin
          row = (position / OUT_COLS) * STRIDE_ROWS + tap / (KERNEL_COLS * IN_CHANNELS) - PAD_TOP;
          col = (position % OUT_COLS) * STRIDE_COLS + (tap / IN_CHANNELS) % KERNEL_COLS - PAD_LEFT;
          if (row >= 0 && row < IN_ROWS && col >= 0 && col < IN_COLS) begin
            if (LIVE[(row*IN_COLS+col)*IN_CHANNELS+tap%IN_CHANNELS]) begin
              sources[32*(place*WINDOW+tap)+:32] =
                  (row * IN_COLS + col) * IN_CHANNELS + tap % IN_CHANNELS + 1;
              sees = 1'b1;
            end
          end
        end
        if (sees) place = place + 1;
      end
    end
  endfunction

  localparam [32*PLACES*WINDOW-1:0] TABLE = sources(0);

  generate
    genvar slot;
    genvar tap;
    genvar phase;
    for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
      for (tap = 0; tap < WINDOW; tap = tap + 1) begin : g_tap
        wire [PHASES*WIDTH-1:0] seen;
        reg [WIDTH-1:0] chosen;
        integer number;

        for (phase = 0; phase < PHASES; phase = phase + 1) begin : g_phase
          localparam integer SOURCE = TABLE[32*((phase*SLOTS+slot)*WINDOW+tap)+:32];
          if (SOURCE > 0) begin : g_input
            assign seen[phase*WIDTH+:WIDTH] = data_i[(SOURCE-1)*WIDTH+:WIDTH] & {WIDTH{on[phase]}};
          end else begin : g_none
            assign seen[phase*WIDTH+:WIDTH] = {WIDTH{1'b0}};
          end
        end

        always @* begin
          chosen = {WIDTH{1'b0}};
          for (number = 0; number < PHASES; number = number + 1) begin
            chosen = chosen | seen[number*WIDTH+:WIDTH];
          end
        end

        assign data_o[(slot*WINDOW+tap)*WIDTH+:WIDTH] = chosen;
      end
    end
    if (WINDOWS > SLOTS) begin : g_blind
      assign data_o[WINDOWS*WINDOW*WIDTH-1:SLOTS*WINDOW*WIDTH] =
          {((WINDOWS - SLOTS) * WINDOW * WIDTH) {1'b0}};
    end
  endgenerate

endmodule
