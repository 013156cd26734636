// The bank of latches alone: bytes, reads, and an upset in every latch, which the refresh corrects.
//
// In Icarus, which has true latches. Four bytes and one of five bits; a byte is looked at every
// eight clocks. That what is loaded stands still from half a clock before a copy opens until a clock
// after it is shut is watched all the time, and so is the read port.
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst_n = 0, write = 0, quiet = 0, settled = 0;
  reg [14:0] address = 0, read_address = 0;
  reg [7:0] data = 0;
  reg [36:0] model = 0;
  wire [36:0] image;
  wire [7:0] read;
  wire error;
  integer trial, waited, place, bit_, told, hits = 0, looks = 0, opened = 0;
  reg [31:0] dice;
  real changed = 0, shut = -1000;
  latch_weight_bank #(.BITS(37), .PACE(3)) dut (
    .clk_i(clk), .rst_ni({3{rst_n}}), .write_i({3{write}}), .write_byte_i({3{address}}),
    .write_data_i({3{data}}), .read_byte_i(read_address), .read_data_o(read),
    .image_o(image), .error_o(error));
  always #12.5 clk = !clk;

  task failed(input [8*24-1:0] what);
    begin
      $display("FAILED %0s at %0t: image %h, model %h, copies %h %h %h", what, $realtime, image,
               model, dut.copies_a, dut.copies_b, dut.copies_c);
      $fatal;
    end
  endtask

  // What is loaded, and where to, does not move while a copy is open, just before, or just after.
  always @(dut.clear, dut.load_byte, dut.load_data) if (rst_n && settled) begin
    changed = $realtime;
    if (|dut.clk || $realtime - shut < 24.9) failed("late");
  end
  always @(posedge |dut.clk) begin
    opened = opened + 1;
    if ($realtime - changed < 12.4) failed("early");
    if (settled && dut.clk != 1 && dut.clk != 2 && dut.clk != 4) failed("together");
  end
  always @(negedge |dut.clk) shut = $realtime;

  // Somebody reads, and gets at once what is there.
  wire [39:0] bytes = {3'd0, image};
  always @(negedge clk) begin
    dice = $random;
    if (!quiet && dice[1:0] == 0) read_address = dice[10:2] % 5;
    #12 if (settled && dut.state_q[2:0] == 0) begin
      looks = looks + 1;
      if (read !== bytes[8*read_address+:8]) failed("read");
    end
  end
  always @(posedge clk) #1 if (settled && error) told = told + 1;

  // One latch, at any time.
  task flip(input integer which, input integer number);
    reg [7:0] mask;
    begin
      mask = 8'd1 << number;
      #(1 + $random(seed) % 1000 * 0.012 + 12) hits = hits + 1;
      case (which)
        0: dut.g_byte[0].u_byte.g_copy_a.state_q = dut.g_byte[0].u_byte.g_copy_a.state_q ^ mask;
        1: dut.g_byte[0].u_byte.g_copy_b.state_q = dut.g_byte[0].u_byte.g_copy_b.state_q ^ mask;
        2: dut.g_byte[0].u_byte.g_copy_c.state_q = dut.g_byte[0].u_byte.g_copy_c.state_q ^ mask;
        3: dut.g_byte[1].u_byte.g_copy_a.state_q = dut.g_byte[1].u_byte.g_copy_a.state_q ^ mask;
        4: dut.g_byte[1].u_byte.g_copy_b.state_q = dut.g_byte[1].u_byte.g_copy_b.state_q ^ mask;
        5: dut.g_byte[1].u_byte.g_copy_c.state_q = dut.g_byte[1].u_byte.g_copy_c.state_q ^ mask;
        6: dut.g_byte[2].u_byte.g_copy_a.state_q = dut.g_byte[2].u_byte.g_copy_a.state_q ^ mask;
        7: dut.g_byte[2].u_byte.g_copy_b.state_q = dut.g_byte[2].u_byte.g_copy_b.state_q ^ mask;
        8: dut.g_byte[2].u_byte.g_copy_c.state_q = dut.g_byte[2].u_byte.g_copy_c.state_q ^ mask;
        9: dut.g_byte[3].u_byte.g_copy_a.state_q = dut.g_byte[3].u_byte.g_copy_a.state_q ^ mask;
        10: dut.g_byte[3].u_byte.g_copy_b.state_q = dut.g_byte[3].u_byte.g_copy_b.state_q ^ mask;
        11: dut.g_byte[3].u_byte.g_copy_c.state_q = dut.g_byte[3].u_byte.g_copy_c.state_q ^ mask;
        12: dut.g_byte[4].u_byte.g_copy_a.state_q = dut.g_byte[4].u_byte.g_copy_a.state_q ^ mask;
        13: dut.g_byte[4].u_byte.g_copy_b.state_q = dut.g_byte[4].u_byte.g_copy_b.state_q ^ mask;
        14: dut.g_byte[4].u_byte.g_copy_c.state_q = dut.g_byte[4].u_byte.g_copy_c.state_q ^ mask;
      endcase
      #0.5 if (settled && image !== model) failed("upset seen");
    end
  endtask
  task all_agree;
    if (dut.copies_a !== {3'd0, model} || dut.copies_b !== {3'd0, model} ||
        dut.copies_c !== {3'd0, model}) failed("not healed");
  endtask
  task put(input [14:0] where, input [7:0] what);
    begin
      @(negedge clk) write = 1;
      address = where;
      data = what;
      @(negedge clk) write = 0;
      address = $random;
      data = $random;
    end
  endtask
  integer seed = 1;

  initial begin
    // Reset, however short; bytes that are not there are not written.
    #40 rst_n = 1;
    repeat (5) @(negedge clk);
    #1 settled = 1;
    all_agree;
    told = 0;
    for (trial = 0; trial < 300; trial = trial + 1) begin
      dice = $random(seed);
      place = dice[9:0] % 8;
      if (place < 5) model[8*place+:8] = dice[17:10];
      else if (place == 7) place = 15'h7FF9;
      settled = 0;
      put(place, dice[17:10]);
      // One latch is upset on the way of some: the byte is written all the same.
      if (dice[18]) flip(dice[31:24] % 15, dice[22:20] % 5);
      repeat (12) @(negedge clk);
      #1 settled = 1;
      if (image !== model) failed("not written");
      quiet = 1;
      repeat (52) @(negedge clk);
      quiet = 0;
      all_agree;
    end

    // Every latch, one after the other: corrected in time, and told once.
    for (place = 0; place < 15; place = place + 1)
      for (bit_ = 0; bit_ < (place >= 12 ? 5 : 8); bit_ = bit_ + 1) begin
        told = 0;
        quiet = bit_[0];
        flip(place, bit_);
        if (!quiet) repeat (52) @(negedge clk);
        quiet = 1;
        repeat (52) @(negedge clk);
        all_agree;
        if (told != 1) failed("not told once");
      end

    // Copies of a byte in different bits; an upset between two transfers; a reset in a write.
    told = 0;
    for (place = 0; place < 3; place = place + 1) flip(place, place);
    repeat (104) @(negedge clk);
    all_agree;
    if (told < 1 || told > 3) failed("of one byte");
    settled = 0;
    put(2, 8'hA5);
    repeat (2) @(posedge clk);
    #3 rst_n = 0;
    #3 rst_n = 1;
    model = 0;
    repeat (6) @(negedge clk);
    #1 settled = 1;
    all_agree;
    if (hits < 200 || looks < 5000 || opened < 900) failed("too little");
    $display("PASSED %0d upsets", hits);
    $finish;
  end
endmodule
