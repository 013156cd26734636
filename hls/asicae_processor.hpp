// SPDX-License-Identifier: Apache-2.0
//
// A namespace for each set of instructions that the compiler may use, and for each version of these
// headers. Files of one program that differ in them then have functions of different names. Of two
// equal names a linker keeps one, which may need a newer processor than the other file was made for.
// A class of one file is therefore not that of the other: encoders do not cross such a border.
// The instructions looked at are those of x86 and Arm.

#ifndef ASICAE_PROCESSOR_HPP
#define ASICAE_PROCESSOR_HPP

// Vectors of the compiler; clang, and g++ from version 9 on, can convert them. ASICAE_NO_VECTORS
// takes the loops that any other compiler gets: the same words, slower.
#if !defined(ASICAE_NO_VECTORS) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 9))
#define ASICAE_VECTORS 1
#else
#define ASICAE_VECTORS 0
#endif

// Two numbers of 16 bits in a lane of 32, both multiplied and their products added at once.
#if ASICAE_VECTORS && (defined(__AVX512BW__) || (defined(__SSE2__) && !defined(__AVX512F__)))
#define ASICAE_PAIRS 1
#define ASICAE_LANES_KIND pairs_
#elif ASICAE_VECTORS
#define ASICAE_PAIRS 0
#define ASICAE_LANES_KIND vectors_
#else
#define ASICAE_PAIRS 0
#define ASICAE_LANES_KIND loops_
#endif

// Compilers define such macros as 1 or not at all; what is not defined stands for itself in a name.
// ASICAE_EMULATOR_SOURCE is the version of these headers where they are joined into one.
#define ASICAE_PASTE(a, b, c, d, e, f, g) a##b##c##d##e##f##g
#define ASICAE_JOIN(a, b, c, d, e, f, g) ASICAE_PASTE(a, b, c, d, e, f, g)

// Each set of vector instructions has those below it.
#if defined(__AVX512F__)
#define ASICAE_VECTOR_SET \
  ASICAE_JOIN(avx512_, __AVX512BW__, __AVX512CD__, __AVX512DQ__, __AVX512VL__, \
              __AVX512IFMA__, ASICAE_LATER_SET)
#define ASICAE_LATER_SET \
  ASICAE_JOIN(__AVX512VBMI__, __AVX512VBMI2__, __AVX512VNNI__, __AVX512BITALG__, \
              __AVX512VPOPCNTDQ__, __AVX10_1__, __AVX10_2__)
#elif defined(__AVX2__)
#define ASICAE_VECTOR_SET ASICAE_JOIN(avx2_, __AVXVNNI__, __XOP__, , , , )
#elif defined(__AVX__)
#define ASICAE_VECTOR_SET ASICAE_JOIN(avx_, __XOP__, , , , , )
#elif defined(__SSE4_2__)
#define ASICAE_VECTOR_SET sse42
#elif defined(__SSE4_1__)
#define ASICAE_VECTOR_SET sse41
#elif defined(__SSSE3__)
#define ASICAE_VECTOR_SET ssse3
#elif defined(__SSE3__)
#define ASICAE_VECTOR_SET sse3
#elif defined(__ARM_ARCH)
#define ASICAE_VECTOR_SET \
  ASICAE_JOIN(arm_, __ARM_ARCH, __ARM_NEON, __ARM_FEATURE_DOTPROD, __ARM_FEATURE_SVE, \
              __ARM_FEATURE_SVE2, __ARM_FEATURE_MATMUL_INT8)
#else
#define ASICAE_VECTOR_SET base
#endif

#if defined(__x86_64__) || defined(__i386__)
#define ASICAE_SCALAR_SET \
  ASICAE_JOIN(_, __POPCNT__, __LZCNT__, __BMI__, __BMI2__, __MOVBE__, __APX_F__)
#else
#define ASICAE_SCALAR_SET
#endif

#define ASICAE_PROCESSOR \
  ASICAE_JOIN(ASICAE_LANES_KIND, ASICAE_EMULATOR_SOURCE, _, ASICAE_VECTOR_SET, \
              ASICAE_SCALAR_SET, , )

#endif  // ASICAE_PROCESSOR_HPP
