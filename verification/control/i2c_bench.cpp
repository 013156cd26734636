// SPDX-License-Identifier: Apache-2.0
//
//   i2c_bench SEED TRANSACTIONS MISTAKE
//
// An upset of every flip-flop of the chip's control, then random transfers between a host and it,
// compared with a model at every clock. Prints what was done as JSON, and ends with 1 and a line on
// standard error where the chip is not as the model. MISTAKE: the number of a mistake that was
// planted; 0: none.

#include <cstdio>
#include <cstdlib>

#include "traffic.hpp"

int main(int, char** words) {
  const uint64_t seed = std::strtoull(words[1], nullptr, 10);
  const long transactions = std::atol(words[2]);
  Traffic traffic(seed, std::atoi(words[3]));
  try {
    traffic.run(transactions);
  } catch (const Wrong& error) {
    std::fprintf(stderr, "%s: %s\n", traffic.place().c_str(), error.what());
    return 1;
  }
  std::printf("%s\n", traffic.counts().c_str());
}
