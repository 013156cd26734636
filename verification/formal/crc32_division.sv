// SPDX-License-Identifier: Apache-2.0
//
// One byte of CRC-32 is eight steps of division by its polynomial, highest power first: of the state
// and of the byte turned round.

module crc32_division (
    input wire [31:0] state_i,
    input wire [ 7:0] data_i
);

  // x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1
  localparam [32:0] POLYNOMIAL = 33'h104C11DB7;

  wire [31:0] state;
  reg [39:0] dividend;
  reg [31:0] right;
  integer place;

  crc32 dut (
      .state_i(state_i),
      .data_i (data_i),
      .state_o(state)
  );

  always @* begin
    for (place = 0; place < 32; place = place + 1) dividend[39-place] = state_i[place];
    dividend[7:0] = 8'd0;
    for (place = 0; place < 8; place = place + 1) begin
      dividend[39-place] = dividend[39-place] ^ data_i[place];
    end
    for (place = 39; place > 31; place = place - 1) begin
      if (dividend[place]) dividend = dividend ^ ({7'd0, POLYNOMIAL} << (place - 32));
    end
    for (place = 0; place < 32; place = place + 1) right[place] = dividend[31-place];
    assert (state == right);
  end

endmodule
