// SPDX-License-Identifier: Apache-2.0
//
// The codes in the room that they have: of each of number_i codes its first bits, then the further bits
// of all, joined_i, of which bit 0 is the first, then zeros. The first bit of the room is the most
// significant. FIRST has the first bits of a code at [number*4 +: 4].

module room_packer #(
    parameter integer SLOTS = 18,
    parameter integer BITS = 8,
    parameter integer COUNT_WIDTH = 5,
    parameter integer JOINED = 17,
    parameter integer ROOM = 70,
    parameter [4*(SLOTS+1)-1:0] FIRST = {4 * (SLOTS + 1) {1'b0}}
) (
    input  wire [ SLOTS*BITS-1:0] code_i,
    input  wire [COUNT_WIDTH-1:0] number_i,
    input  wire [     JOINED-1:0] joined_i,
    output reg  [       ROOM-1:0] room_o
);

  wire [SLOTS*ROOM-1:0] packed_bits;
  integer index;

  generate
    genvar number;
    for (number = 1; number <= SLOTS; number = number + 1) begin : g_number
      localparam integer FIRST_BITS = {28'd0, FIRST[number*4+:4]};
      localparam integer BEGIN = number * FIRST_BITS;
      localparam integer END = (BEGIN + JOINED < ROOM) ? BEGIN + JOINED : ROOM;

      integer place;
      reg [ROOM-1:0] room;

      always @* begin
        room = {ROOM{1'b0}};
        for (place = 0; place < BEGIN; place = place + 1) begin
          room[ROOM-1-place] = code_i[(place/FIRST_BITS)*BITS+BITS-1-place%FIRST_BITS];
        end
        for (place = BEGIN; place < END; place = place + 1) begin
          room[ROOM-1-place] = joined_i[place-BEGIN];
        end
      end

      assign packed_bits[(number-1)*ROOM+:ROOM] =
          room & {ROOM{number_i == number[COUNT_WIDTH-1:0]}};
    end
  endgenerate

  always @* begin
    room_o = {ROOM{1'b0}};
    for (index = 0; index < SLOTS; index = index + 1) begin
      room_o = room_o | packed_bits[index*ROOM+:ROOM];
    end
  end

endmodule
