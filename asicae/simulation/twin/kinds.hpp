// SPDX-License-Identifier: Apache-2.0
//
// What became of a disturbance, as Kind of twin.py.

#pragma once

#include <cstdint>

enum Kind : uint8_t { kCorrected, kRecovered, kSilent, kStanding, kHung };
