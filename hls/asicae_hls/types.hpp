// SPDX-License-Identifier: Apache-2.0
//
// The number types of the templates: ac_types where ASICAE_AC is defined, ap_types where ASICAE_AP
// is. Nothing else in the kit names either library, whose headers come from the user's tools.

#ifndef ASICAE_HLS_TYPES_HPP
#define ASICAE_HLS_TYPES_HPP

#include <cstdint>
#include <type_traits>

#include "asicae_fixed.hpp"

#if defined(ASICAE_AC) == defined(ASICAE_AP)
#error "define either ASICAE_AC (ac_types, Catapult) or ASICAE_AP (ap_types, Vitis)"
#elif defined(ASICAE_AC)
#include <ac_fixed.h>
#else
#include <ap_fixed.h>
#endif

namespace asicae {
namespace hls {

#if defined(ASICAE_AC)

constexpr ac_q_mode rounding_of(Rounding mode) {
  switch (mode) {
    case Rounding::TRN_ZERO:
      return AC_TRN_ZERO;
    case Rounding::RND:
      return AC_RND;
    case Rounding::RND_ZERO:
      return AC_RND_ZERO;
    case Rounding::RND_INF:
      return AC_RND_INF;
    case Rounding::RND_MIN_INF:
      return AC_RND_MIN_INF;
    case Rounding::RND_CONV:
      return AC_RND_CONV;
    case Rounding::RND_CONV_ODD:
      return AC_RND_CONV_ODD;
    default:
      return AC_TRN;
  }
}

constexpr ac_o_mode overflow_of(Overflow mode) {
  switch (mode) {
    case Overflow::SAT:
      return AC_SAT;
    case Overflow::SAT_ZERO:
      return AC_SAT_ZERO;
    case Overflow::SAT_SYM:
      return AC_SAT_SYM;
    default:
      return AC_WRAP;
  }
}

template <int W, bool S>
using Integer = ac_int<W, S>;
template <int W, int I, bool S, Rounding R, Overflow O>
using Fixed = ac_fixed<W, I, S, rounding_of(R), overflow_of(O)>;

// Two's complement pattern of a number.
template <int W, class NUMBER>
Integer<W, false> bits_of(const NUMBER& number) {
  return number.template slc<W>(0);
}

template <class NUMBER, int W>
NUMBER from_bits(const Integer<W, false>& bits) {
  NUMBER number = 0;
  number.set_slc(0, bits);
  return number;
}

#else

constexpr ap_q_mode rounding_of(Rounding mode) {
  switch (mode) {
    case Rounding::TRN_ZERO:
      return AP_TRN_ZERO;
    case Rounding::RND:
      return AP_RND;
    case Rounding::RND_ZERO:
      return AP_RND_ZERO;
    case Rounding::RND_INF:
      return AP_RND_INF;
    case Rounding::RND_MIN_INF:
      return AP_RND_MIN_INF;
    case Rounding::RND_CONV:
      return AP_RND_CONV;
    default:
      return AP_TRN;
  }
}

constexpr ap_o_mode overflow_of(Overflow mode) {
  switch (mode) {
    case Overflow::SAT:
      return AP_SAT;
    case Overflow::SAT_ZERO:
      return AP_SAT_ZERO;
    case Overflow::SAT_SYM:
      return AP_SAT_SYM;
    default:
      return AP_WRAP;
  }
}

template <int W, bool S>
using Integer = std::conditional_t<S, ap_int<W>, ap_uint<W>>;

template <int W, int I, bool S, Rounding R, Overflow O>
struct FixedOf {
  static_assert(R != Rounding::RND_CONV_ODD, "ap_types cannot round to odd (RND_CONV_ODD)");
  using type = std::conditional_t<S, ap_fixed<W, I, rounding_of(R), overflow_of(O)>,
                                  ap_ufixed<W, I, rounding_of(R), overflow_of(O)>>;
};
template <int W, int I, bool S, Rounding R, Overflow O>
using Fixed = typename FixedOf<W, I, S, R, O>::type;

template <int W, class NUMBER>
Integer<W, false> bits_of(const NUMBER& number) {
  return number.range(W - 1, 0);
}

template <class NUMBER, int W>
NUMBER from_bits(const ap_uint<W>& bits) {
  NUMBER number = 0;
  number.range(W - 1, 0) = bits;
  return number;
}

#endif

// The library's type of a fixed<...> of the kit.
template <class TYPE>
using Number =
    Fixed<TYPE::width, TYPE::integer, TYPE::is_signed, TYPE::rounding, TYPE::overflow>;

// A type that is wide enough for all that is put into it: it never rounds or overflows.
template <int W, int I, bool S>
using Exact = Fixed<W, I, S, Rounding::TRN, Overflow::WRAP>;

// A weight or bias: it is loaded, so its rounding and overflow mean nothing.
template <class TYPE>
using Stored = Exact<TYPE::width, TYPE::integer, TYPE::is_signed>;

// A number of type Exact<W, I, S> in the kit's type TYPE: round, then overflow.
template <class TYPE, int W, int I, bool S>
Number<TYPE> cast(const Exact<W, I, S>& exact) {
  // Both libraries leave -1 to a signed type of one bit, although SAT_SYM has only 0 for it.
  if (TYPE::is_signed && TYPE::width == 1 && TYPE::overflow == Overflow::SAT_SYM) {
    return Number<TYPE>(0);
  }
  // ap_types read bits that are not there where all bits of a number are rounded away, so the
  // number gets more of them on the left.
  constexpr int integer = I > TYPE::integer + 2 ? I : TYPE::integer + 2;
  const Exact<integer + W - I, integer, S> wide = exact;
  return Number<TYPE>(wide);
}

}  // namespace hls
}  // namespace asicae

#endif  // ASICAE_HLS_TYPES_HPP
