// SPDX-License-Identifier: Apache-2.0
//
// What twin.py gives to two chips in step and gets from them, field by field as there.

#pragma once

#include <cstdint>

extern "C" {
// Copies are neighbours in the order of vectors(); report: bits that tell of upsets, as many bytes
// as a vector has, at an offset in the bytes that come with the registers; -1: none.
struct Register {
  int32_t first, copies, block, told, report;
};
struct Site {
  uint32_t vector, bit;
};
// events: 0 none, 1 one every clock, 2 with gaps. Regions: none, and the bus is quiet. Upsets begin up
// to `spread` clocks after the one before has healed; `aimed`: around the end of a byte that is
// written; `limit`: clocks after which what differs is taken to stay; `examined`: it is then asked.
struct Scene {
  int32_t events, spread, aimed, limit, examined;
  uint64_t seed;
};
// kind: as the enumeration Kind of twin.py. told: tmr_error_o was high in as many clocks as copies
// that report disagreed. written: the weight image changed in the clock of the upset.
struct Outcome {
  uint8_t kind, told, written;
  uint16_t events;
  uint32_t clocks;
};
// Of all upsets since the last call: clocks in which blocks had copies that disagreed and report it,
// by block and of any of those counted; clocks in which tmr_error_o was high for no reason.
struct Total {
  uint32_t counted, sources, stray;
};
}
