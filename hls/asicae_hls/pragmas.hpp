// SPDX-License-Identifier: Apache-2.0
//
// All pragmas of the templates, for Catapult (with ac_types) and for Vitis HLS (with ap_types).
// Only a synthesis tool sees them.

#ifndef ASICAE_HLS_PRAGMAS_HPP
#define ASICAE_HLS_PRAGMAS_HPP

#define ASICAE_PRAGMA(text) _Pragma(#text)

#if defined(__SYNTHESIS__) && defined(ASICAE_AC)
#define ASICAE_TOP ASICAE_PRAGMA(hls_design top)
#define ASICAE_UNROLL ASICAE_PRAGMA(hls_unroll yes)
#define ASICAE_UNROLL_BODY
#define ASICAE_PIPELINE_BODY
#define ASICAE_PIPELINE ASICAE_PRAGMA(hls_pipeline_init_interval 1)
#define ASICAE_REGISTERS(array)
#define ASICAE_INLINE
#define ASICAE_STABLE(port)
#define ASICAE_FIELDS(port)
#elif defined(__SYNTHESIS__)
#define ASICAE_TOP
#define ASICAE_UNROLL
#define ASICAE_UNROLL_BODY ASICAE_PRAGMA(HLS UNROLL)
#define ASICAE_PIPELINE
#define ASICAE_PIPELINE_BODY ASICAE_PRAGMA(HLS PIPELINE II = 1)
#define ASICAE_REGISTERS(array) ASICAE_PRAGMA(HLS ARRAY_PARTITION variable = array complete dim = 0)
#define ASICAE_INLINE ASICAE_PRAGMA(HLS INLINE)
#define ASICAE_STABLE(port) ASICAE_PRAGMA(HLS STABLE variable = port)
#define ASICAE_FIELDS(port) ASICAE_PRAGMA(HLS DISAGGREGATE variable = port)
#else
#define ASICAE_TOP
#define ASICAE_UNROLL
#define ASICAE_UNROLL_BODY
#define ASICAE_PIPELINE
#define ASICAE_PIPELINE_BODY
#define ASICAE_REGISTERS(array)
#define ASICAE_INLINE
#define ASICAE_STABLE(port)
#define ASICAE_FIELDS(port)
#endif

// ASICAE_TOP, ASICAE_PIPELINE    in front of the top function
// ASICAE_PIPELINE_BODY           first in its body
// ASICAE_UNROLL                  in front of a loop
// ASICAE_UNROLL_BODY             first in its body
// ASICAE_REGISTERS(array)        all elements of a local array or port at once
// ASICAE_FIELDS(port)            a port that is a struct is one port a member
// ASICAE_STABLE(port)            a port that is only written while no data flow

#endif  // ASICAE_HLS_PRAGMAS_HPP
