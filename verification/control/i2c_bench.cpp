// SPDX-License-Identifier: Apache-2.0
//
//   i2c_bench SEED TRANSACTIONS MISTAKE [COVERAGE]
//
// An upset of every flip-flop of the chip's control, then random transfers between a host and it,
// compared with a model at every clock. Prints what was done as JSON, and ends with 1 and a line on
// standard error where the chip is not as the model. MISTAKE: the number of a mistake that was
// planted; 0: none.
// With COVERAGE directed transfers come between, and a second line of JSON says what was reached; it is
// the file for what was run and what toggled, of a model that counts it.

#include <cstdio>
#include <cstdlib>

#include "traffic.hpp"

int main(int count, char** words) {
  const uint64_t seed = std::strtoull(words[1], nullptr, 10);
  const long transactions = std::atol(words[2]);
  Traffic traffic(seed, std::atoi(words[3]));
  try {
    traffic.run(transactions, count > 4);
  } catch (const Wrong& error) {
    std::fprintf(stderr, "%s: %s\n", traffic.place().c_str(), error.what());
    return 1;
  }
#if VM_COVERAGE
  if (count > 4) traffic.save_coverage(words[4]);
#endif
  std::printf("%s\n", traffic.counts().c_str());
  if (count > 4) std::printf("%s\n", traffic.reached().c_str());
}
