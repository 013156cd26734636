// SPDX-License-Identifier: Apache-2.0
//
// What a host says to a chip that it does not listen to: drawn transfers, the same whatever is
// answered.

#pragma once

#include <algorithm>
#include <vector>

#include "chip_host.hpp"
#include "random.hpp"

extern "C" {
// Bytes of the register map that the host may transfer; a byte that it writes is drawn & keep | set.
struct Region {
  int32_t address, size, writes, keep, set;
};
}

// Clocks from the fall of SCL that ends the last bit of a byte to when its effect is over.
constexpr int kEffect = 12;

// Of Wires as I2cHost, and that it calls step_aim() once a clock.
template <class Wires>
class Traffic : public I2cHost<Wires> {
 protected:
  void step_aim() { aim_ -= aim_ > 0; }

  // Whether a byte that is written ends about now.
  bool in_aim() const { return aim_ > 0 && aim_ <= kEffect; }

  // A transfer that no answer changes.
  void transfer() {
    const Region& region = regions_[random_.below(uint32_t(regions_.size()))];
    const int offset = int(random_.below(region.size));
    const int most = std::min(region.size - offset, 8);
    const int count = 1 + int(random_.below(most));
    const bool writes = region.writes && (aimed_ || random_.below(2));
    this->begin(region.address + offset);
    if (writes) {
      for (int i = 0; i < count; i++) {
        const int drawn = int(random_.below(256));
        const int byte = (drawn & region.keep) | region.set;
        for (int k = 7; k > 0; k--) this->bit(byte >> k & 1);
        aim_ = 3 * kQuarter + kEffect;  // SCL falls three quarters later
        this->bit(byte & 1);
        this->bit(true);
      }
    } else {
      this->start();
      this->send(2 * kDevice + 1);
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < 8; k++) this->bit(true);
        this->bit(i == count - 1);
      }
    }
    this->stop();
  }

  std::vector<Region> regions_;
  Random random_{1};
  bool aimed_ = false;

 private:
  int aim_ = 0;
};
