// SPDX-License-Identifier: Apache-2.0
//
// A bit of the word that leaves the chip is that of the latent where it is kept, and zero elsewhere.

module latent_packer_keep #(
    parameter integer LATENTS = 16,
    parameter integer WIDTH = 9
) (
    input wire [LATENTS*WIDTH-1:0] data_i,
    input wire [LATENTS*WIDTH-1:0] keep_i
);

  wire [LATENTS*WIDTH-1:0] latents;
  integer place;

  latent_packer #(
      .LATENTS(LATENTS),
      .WIDTH  (WIDTH)
  ) dut (
      .data_i  (data_i),
      .keep_i  (keep_i),
      .latent_o(latents)
  );

  always @* begin
    for (place = 0; place < LATENTS * WIDTH; place = place + 1) begin
      if (keep_i[place]) begin
        assert (latents[place] == data_i[place]);
      end else begin
        assert (!latents[place]);
      end
    end
  end

endmodule
