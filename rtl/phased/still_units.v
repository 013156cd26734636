// SPDX-License-Identifier: Apache-2.0
//
// Of each of some units of a dense layer the bias with the products of all inputs that do not depend
// on the event (still_neuron), which weights alone decide. Indices as in dense; STILL has a bit for
// each position, at which all CHANNELS inputs are still or none.

module still_units #(
    parameter integer INPUTS = 128,
    parameter integer UNITS = 4,
    parameter integer INPUT_WIDTH = 8,
    parameter integer INPUT_SIGNED = 0,
    parameter integer WEIGHT_WIDTH = 6,
    parameter integer WEIGHT_SIGNED = 1,
    parameter integer BIAS_WIDTH = 6,
    parameter integer BIAS_SIGNED = 1,
    parameter integer PRODUCT_SHIFT = 0,
    parameter integer BIAS_SHIFT = 7,
    parameter integer ACC_WIDTH = 21,
    parameter integer CHANNELS = 8,
    parameter [INPUTS/CHANNELS-1:0] STILL = {{(INPUTS / CHANNELS - 1) {1'b0}}, 1'b1}
) (
    input  wire [       INPUTS*INPUT_WIDTH-1:0] data_i,
    input  wire [INPUTS*UNITS*WEIGHT_WIDTH-1:0] kernel_i,
    input  wire [         UNITS*BIAS_WIDTH-1:0] bias_i,
    output wire [          UNITS*ACC_WIDTH-1:0] acc_o
);

  localparam integer POSITIONS = INPUTS / CHANNELS;

  // What moves ends here, and still inputs but those of one position.
  wire unused_moving;
  assign unused_moving = ^{data_i, kernel_i};

  // How many of the first positions are still.
  function [31:0] standing;
    input [31:0] positions;
    integer index;
    begin
      standing = 0;
      for (index = 0; index < positions; index = index + 1) begin
        if (STILL[index]) standing = standing + 1;
      end
    end
  endfunction

  localparam integer HELD = standing(POSITIONS);
  localparam integer WEIGHTS = CHANNELS * WEIGHT_WIDTH;

  wire [CHANNELS*INPUT_WIDTH-1:0] still_data;

  generate
    genvar unit;
    genvar place;
    genvar channel;
    for (place = 0; place < POSITIONS; place = place + 1) begin : g_data
      if (STILL[place] && standing(place) == 0) begin : g_first
        assign still_data = data_i[place*CHANNELS*INPUT_WIDTH+:CHANNELS*INPUT_WIDTH];
      end
    end

    for (unit = 0; unit < UNITS; unit = unit + 1) begin : g_unit
      wire [HELD*WEIGHTS-1:0] weights;

      for (place = 0; place < POSITIONS; place = place + 1) begin : g_position
        if (STILL[place]) begin : g_still
          for (channel = 0; channel < CHANNELS; channel = channel + 1) begin : g_weight
            assign weights[standing(place)*WEIGHTS+channel*WEIGHT_WIDTH+:WEIGHT_WIDTH] =
                kernel_i[((place*CHANNELS+channel)*UNITS+unit)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
          end
        end
      end

      still_neuron #(
          .INPUTS       (CHANNELS),
          .POSITIONS    (HELD),
          .INPUT_WIDTH  (INPUT_WIDTH),
          .INPUT_SIGNED (INPUT_SIGNED),
          .WEIGHT_WIDTH (WEIGHT_WIDTH),
          .WEIGHT_SIGNED(WEIGHT_SIGNED),
          .BIAS_WIDTH   (BIAS_WIDTH),
          .BIAS_SIGNED  (BIAS_SIGNED),
          .PRODUCT_SHIFT(PRODUCT_SHIFT),
          .BIAS_SHIFT   (BIAS_SHIFT),
          .ACC_WIDTH    (ACC_WIDTH)
      ) u_still_neuron (
          .data_i  (still_data),
          .weight_i(weights),
          .bias_i  (bias_i[unit*BIAS_WIDTH+:BIAS_WIDTH]),
          .acc_o   (acc_o[unit*ACC_WIDTH+:ACC_WIDTH])
      );
    end
  endgenerate

endmodule
