// SPDX-License-Identifier: Apache-2.0
//
// The word that leaves the chip: latent i at [i*WIDTH +: WIDTH], bits outside the keep mask zero.
// The survivors are squeezed together into link frames outside the chip.

module latent_packer #(
    parameter integer LATENTS = 16,
    parameter integer WIDTH = 9
) (
    input  wire [LATENTS*WIDTH-1:0] data_i,
    input  wire [LATENTS*WIDTH-1:0] keep_i,
    output wire [LATENTS*WIDTH-1:0] latent_o
);

  assign latent_o = data_i & keep_i;

endmodule
