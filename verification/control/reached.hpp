// SPDX-License-Identifier: Apache-2.0
//
// What random and directed transfers reached: situations by name, each of them listed before it
// comes, and every bit of the registers by the levels that it was written and read with.

#pragma once

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "map.hpp"

// How often, by name; what is listed and does not come stays at zero.
class Situations {
 public:
  void list(const std::string& name) { hits_[name]; }
  void hit(const std::string& name) { hits_[name]++; }
  std::string text() const {
    std::ostringstream text;
    for (const auto& [name, count] : hits_) {
      text << (text.tellp() > 0 ? ", " : "") << '"' << name << "\": " << count;
    }
    return "{" + text.str() + "}";
  }

 private:
  std::map<std::string, long> hits_;
};

// Levels that the bits of all registers had on the byte bus.
class Levels {
 public:
  void written(int address, int byte) { add(0, address, byte); }
  void read(int address, int byte) { add(2, address, byte); }
  // By register, for each of its bytes: bits written 0, written 1, read 0, read 1.
  std::string text() const {
    std::ostringstream text;
    for (const Register& one : kRegisters) {
      text << (text.tellp() > 0 ? ", " : "") << '"' << one.label << "\": [";
      for (int place = 0; place < one.size; place++) {
        const auto& seen = seen_[size_t(one.address + place)];
        text << (place ? ", [" : "[") << int(seen[0]) << ", " << int(seen[1]) << ", "
             << int(seen[2]) << ", " << int(seen[3]) << "]";
      }
      text << "]";
    }
    return "{" + text.str() + "}";
  }

 private:
  void add(int kind, int address, int byte) {
    auto& seen = seen_[size_t(address & 0xFFFF)];
    seen[size_t(kind)] |= uint8_t(~byte);
    seen[size_t(kind + 1)] |= uint8_t(byte);
  }
  std::vector<std::array<uint8_t, 4>> seen_ = std::vector<std::array<uint8_t, 4>>(0x10000);
};

struct Reached {
  Situations situations;
  Levels levels;
};
