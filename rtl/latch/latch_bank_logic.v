// SPDX-License-Identifier: Apache-2.0
//
// What latch_weight_bank does next: which byte is looked at, and when which copy is opened for
// what. Combinational; there are three of them, each with the votes and the bus of its copy.
//
// Bytes are loaded one at a time, copy by copy: PHASE goes through SET_UP, in which address and
// data are on their way, and A, B and C, in the first half of which that copy is open. What reset,
// a host and the refresh load goes this same way, one after the other, so none can come between
// another. A host's write waits until what is on its way is through, ten clocks at most; a second
// one must not come in that time, and I2C has a hundred clocks a byte.
//
// Refresh: once in 2**PACE clocks the three copies of the next byte are compared, and where one
// differs, their vote is loaded into all of them; PACE is three at least, so that this is over when
// the next turn comes. The copies have one read port, which whoever reads shares with the refresh:
// what was read in the clock before is kept, and the refresh looks if that same byte is still asked
// for. Where it is not, as while a CRC runs, or a host's byte is on its way, the turn is left out.

(* keep_hierarchy = 1 *)
(* keep = 1 *)
module latch_bank_logic #(
    parameter integer BYTES = 1608,
    parameter integer INDEX = 11,
    parameter integer PACE  = 4,
    parameter integer STATE = 71
) (
    input  wire [STATE-1:0] state_i,
    output wire [STATE-1:0] state_o,
    input  wire             write_i,
    input  wire [     14:0] write_byte_i,
    input  wire [      7:0] write_data_i,
    input  wire [INDEX-1:0] read_byte_i,
    output wire [      7:0] read_data_o,
    // The byte that is looked at, and its copies.
    output wire [INDEX-1:0] look_byte_o,
    input  wire [     23:0] look_copies_i,
    // What is loaded: all bytes with zeros, or one; which copies open in the next clock.
    output wire             clear_o,
    output wire [INDEX-1:0] load_byte_o,
    output wire [      7:0] load_data_o,
    output wire [      2:0] open_o,
    // High for a clock whenever the refresh has loaded a vote.
    output wire             healed_o
);

  localparam [14:0] SIZE = BYTES[14:0];
  localparam [14:0] LAST_BYTE = SIZE - 15'd1;
  localparam [INDEX-1:0] LAST = LAST_BYTE[INDEX-1:0];
  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] SET_UP = 3'd1;
  localparam [2:0] A = 3'd2;
  localparam [2:0] B = 3'd3;
  localparam [2:0] C = 3'd4;

  wire [PACE-1:0] wait_q;
  wire [INDEX-1:0] next_q;
  wire [7:0] voted_q;
  wire [INDEX-1:0] read_byte_q;
  wire [7:0] read_data_q;
  wire written_q;
  wire [INDEX-1:0] write_byte_q;
  wire [7:0] write_data_q;
  wire host_q;
  wire clear_q;
  wire [2:0] phase_q;
  reg [PACE-1:0] wait_d;
  reg [INDEX-1:0] next_d;
  reg [7:0] voted_d;
  reg written_d;
  reg [INDEX-1:0] write_byte_d;
  reg [7:0] write_data_d;
  reg host_d;
  reg clear_d;
  reg [2:0] phase_d;

  // ---------------------------------------------------------------------------------------------
  // The read port.

  wire [7:0] copy_a;
  wire [7:0] copy_b;
  wire [7:0] copy_c;
  wire [7:0] vote;
  wire differ;
  wire refreshes;

  assign {copy_c, copy_b, copy_a} = look_copies_i;
  assign vote = (copy_a & copy_b) | (copy_a & copy_c) | (copy_b & copy_c);
  assign differ = (copy_a != copy_b) || (copy_a != copy_c);
  assign refreshes =
      (phase_q == IDLE) && !written_q && (wait_q == {PACE{1'b0}}) && (read_byte_q == read_byte_i);
  assign look_byte_o = refreshes ? next_q : read_byte_i;
  assign read_data_o = refreshes ? read_data_q : vote;

  // ---------------------------------------------------------------------------------------------
  // Loading.

  assign clear_o = clear_q;
  assign load_byte_o = (host_q ? write_byte_q : next_q) & {INDEX{phase_q != IDLE}};
  assign load_data_o = (host_q ? write_data_q : voted_q) & {8{!clear_q}};
  assign open_o = {phase_q == B, phase_q == A, phase_q == SET_UP};
  assign healed_o = (phase_q == C) && !host_q && !clear_q;

  always @* begin
    wait_d = wait_q - 1'b1;
    next_d = next_q;
    voted_d = voted_q;
    written_d = written_q;
    write_byte_d = write_byte_q;
    write_data_d = write_data_q;
    host_d = host_q;
    clear_d = clear_q;
    phase_d = phase_q;

    case (phase_q)
      SET_UP: phase_d = A;
      A: phase_d = B;
      B: phase_d = C;
      C: begin
        phase_d = IDLE;
        clear_d = 1'b0;
        host_d  = 1'b0;
        voted_d = 8'd0;
      end
      default: begin
        phase_d = IDLE;
        if (written_q) begin
          host_d = 1'b1;
          written_d = 1'b0;
          phase_d = SET_UP;
        end else if (refreshes && differ) begin
          host_d  = 1'b0;
          voted_d = vote;
          phase_d = SET_UP;
        end
      end
    endcase

    if (healed_o || (refreshes && !differ)) begin
      next_d = (next_q == LAST) ? {INDEX{1'b0}} : next_q + 1'b1;
    end

    if (write_i && (write_byte_i < SIZE)) begin
      written_d = 1'b1;
      write_byte_d = write_byte_i[INDEX-1:0];
      write_data_d = write_data_i;
    end
  end

  assign {wait_q, next_q, voted_q, read_byte_q, read_data_q, written_q, write_byte_q, write_data_q,
          host_q, clear_q, phase_q} = state_i;
  assign state_o = {
    wait_d,
    next_d,
    voted_d,
    read_byte_i,
    read_data_o,
    written_d,
    write_byte_d,
    write_data_d,
    host_d,
    clear_d,
    phase_d
  };

endmodule
