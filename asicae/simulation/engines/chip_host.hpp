// SPDX-License-Identifier: Apache-2.0
//
// What drivers of verilated chips share: an I2C host and the charges on their port. The file that
// includes it (chip_driver.py) defines the constants of the chip.

#pragma once

#include <cstdint>

// A quarter of a period of SCL, in clocks: 2 MHz at 40 MHz, which the spike filter follows.
constexpr int kQuarter = 5;
// Clocks after reset until the I2C target believes that the bus is idle.
constexpr int kIdle = 48;

// A rising edge of the clock: inputs that were set before are sampled by it.
template <class Top>
void clock_up(Top& top) {
  top.clk_i = 1;
  if constexpr (kPhases > 1) top.clk_fast_i = 1;
  top.eval();
}

// The rest of its period, until all that changes in it has.
template <class Top>
void clock_down(Top& top) {
  if constexpr (kPhases > 1) {
    for (int half = 1; half < 2 * kPhases; half++) {
      top.clk_i = half < kPhases;
      top.clk_fast_i = half % 2 == 0;
      top.eval();
    }
  } else {
    top.clk_i = 0;
    top.eval();
  }
}

// Charges as the words of calq_i.
inline void pack_charges(const int32_t* calq, uint32_t* words) {
  uint64_t pending = 0;
  int bits = 0;
  for (int cell = 0; cell < kCells; cell++) {
    pending |= uint64_t(uint32_t(calq[cell])) << bits;
    bits += kChargeBits;
    if (bits >= 32) {
      *words++ = uint32_t(pending);
      pending >>= 32;
      bits -= 32;
    }
  }
}

// Of Wires it needs tick(), a clock with SCL and SDA as scl_ and sda_ say, and wire(), what SDA was
// in the last one: what is pulled by nobody is high.
template <class Wires>
class I2cHost {
 public:
  void wait(long clocks) {
    while (clocks-- > 0) self().tick();
  }

  // Bytes that were acknowledged, of the device address, the two of the register and the data.
  int write(int address, const uint8_t* data, int count) {
    int acknowledged = begin(address);
    for (int i = 0; i < count; i++) acknowledged += send(data[i]);
    stop();
    return acknowledged;
  }

  // Bytes that were acknowledged: twice the device address and the two of the register.
  int read(int address, uint8_t* data, int count) {
    int acknowledged = begin(address);
    start();
    acknowledged += send(2 * kDevice + 1);
    for (int i = 0; i < count; i++) {
      int byte = 0;
      for (int k = 0; k < 8; k++) byte = 2 * byte + bit(true);
      bit(i == count - 1);
      data[i] = uint8_t(byte);
    }
    stop();
    return acknowledged;
  }

 protected:
  void start() {
    sda_ = true;
    wait(kQuarter);
    scl_ = true;
    wait(2 * kQuarter);
    sda_ = false;
    wait(2 * kQuarter);
    scl_ = false;
    wait(kQuarter);
  }

  void stop() {
    sda_ = false;
    wait(kQuarter);
    scl_ = true;
    wait(2 * kQuarter);
    sda_ = true;
    wait(6 * kQuarter);
  }

  bool bit(bool out) {
    sda_ = out;
    wait(kQuarter);
    scl_ = true;
    wait(2 * kQuarter);
    const bool in = self().wire();
    scl_ = false;
    wait(kQuarter);
    return in;
  }

  int send(int byte) {
    for (int i = 7; i >= 0; i--) bit(byte >> i & 1);
    return !bit(true);
  }

  int begin(int address) {
    start();
    return send(2 * kDevice) + send(address >> 8) + send(address & 255);
  }

  bool scl_ = true;
  bool sda_ = true;

 private:
  Wires& self() { return *static_cast<Wires*>(this); }
};
