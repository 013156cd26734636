// SPDX-License-Identifier: Apache-2.0
//
// The functions of the library that twin.py calls.

#include "twin.hpp"

extern "C" {
Twin* twin_new(const Register* registers, int count, const uint8_t* reports, uint32_t counted,
               int bank) {
  return new Twin(registers, count, reports, counted, bank);
}
void twin_delete(Twin* twin) { delete twin; }
void twin_reset(Twin* twin) { twin->enter()->reset(); }
void twin_turn(Twin* twin, const Site* sites, int count) { twin->enter()->turn(sites, count); }
void twin_sync(Twin* twin) { twin->enter()->sync(); }
void twin_poke(Twin* twin, const uint32_t* words, const uint8_t* keep) {
  twin->enter()->poke(words, keep);
}
void twin_charges(Twin* twin, const int32_t* calq, int events) { twin->charges(calq, events); }
int twin_write(Twin* twin, int address, const uint8_t* data, int count) {
  return twin->enter()->write(address, data, count);
}
int twin_read(Twin* twin, int chip, int address, uint8_t* data, int count) {
  return twin->enter()->read_from(chip, address, data, count);
}
void twin_inject(Twin* twin, const Scene* scene, const Region* regions, int region_count,
                 const Site* sites, int flips, int count, int identity, Outcome* outcomes) {
  twin->enter()->inject(*scene, regions, region_count, sites, flips, count, identity, outcomes);
}
void twin_total(Twin* twin, Total* total) { *total = twin->total(); }
}
