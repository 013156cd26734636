// SPDX-License-Identifier: Apache-2.0
//
// One byte of CRC-32 (IEEE 802.3, reflected, as zlib): the state before and after it.
// The state starts as all ones; its complement is the CRC.

module crc32 (
    input  wire [31:0] state_i,
    input  wire [ 7:0] data_i,
    output reg  [31:0] state_o
);

  localparam [31:0] POLYNOMIAL = 32'hEDB88320;

  integer step;

  always @* begin
    state_o = state_i ^ {24'd0, data_i};
    for (step = 0; step < 8; step = step + 1) begin
      state_o = {1'b0, state_o[31:1]} ^ (POLYNOMIAL & {32{state_o[0]}});
    end
  end

endmodule
