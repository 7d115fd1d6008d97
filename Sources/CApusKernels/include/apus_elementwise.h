// Fused elementwise programs: a small vector machine that runs a chain of operations over cache-sized tiles, so that
// each input is read once and each output written once.
#ifndef APUS_ELEMENTWISE_H
#define APUS_ELEMENTWISE_H

#include "apus_types.h"

// Arithmetic is on BOOL (logical), U8, I32, U32, I64, U64, F32 and F64; all types can be COPY'd, SELECTed, CONVERTed
// and constants.
// `type` of an instruction is the type of its operands; the result has the same type unless said otherwise.
typedef enum {
  APUS_VM_CONSTANT, // d = immediate (type is the type of the result)
  APUS_VM_COPY,
  // unary, floats (negate, abs, sign also signed integers; not: bool logical, integers bitwise)
  APUS_VM_NEGATE,
  APUS_VM_ABS,
  APUS_VM_SIGN, // -1, 0, 1; NaN stays NaN
  APUS_VM_FLOOR,
  APUS_VM_CEIL,
  APUS_VM_ROUND, // half to even
  APUS_VM_EXP,
  APUS_VM_EXPM1,
  APUS_VM_LOG,
  APUS_VM_LOG1P,
  APUS_VM_SQRT,
  APUS_VM_RSQRT,
  APUS_VM_SIN,
  APUS_VM_COS,
  APUS_VM_TANH,
  APUS_VM_LOGISTIC,
  APUS_VM_ERF,
  APUS_VM_CBRT,
  APUS_VM_TAN,
  APUS_VM_ASIN,
  APUS_VM_ACOS,
  APUS_VM_ATAN,
  APUS_VM_SINH,
  APUS_VM_COSH,
  APUS_VM_ASINH,
  APUS_VM_ACOSH,
  APUS_VM_ATANH,
  APUS_VM_ERFC,
  APUS_VM_ERF_INVERSE, // -1 and 1 give -infinity and infinity, all beyond NaN
  APUS_VM_LGAMMA,      // log |gamma|; infinity at the poles
  APUS_VM_DIGAMMA,     // NaN at the poles, but -infinity at 0 and infinity at -0
  APUS_VM_NOT,
  APUS_VM_POPCOUNT, // integers
  // binary
  APUS_VM_ADD,
  APUS_VM_SUBTRACT,
  APUS_VM_MULTIPLY,
  APUS_VM_DIVIDE,    // integers: toward zero; by zero gives -1 (unsigned: all ones); smallest / -1 wraps
  APUS_VM_REMAINDER, // sign of the dividend (C fmod); integers by zero give the dividend
  APUS_VM_POWER,     // integers: by repeated multiplication, wraps; a negative exponent gives 0 unless base is +-1
  APUS_VM_MAXIMUM,   // NaN if either is NaN
  APUS_VM_MINIMUM,
  APUS_VM_AND, // bool logical, integers bitwise
  APUS_VM_OR,
  APUS_VM_XOR,
  APUS_VM_SHIFT_LEFT,             // a shift by the width or more gives 0
  APUS_VM_SHIFT_RIGHT_LOGICAL,    // likewise
  APUS_VM_SHIFT_RIGHT_ARITHMETIC, // copies of the sign come in (of unsigned types zeros)
  APUS_VM_ATAN2,                  // floats: the angle of the point (b, a)
  // compare: result bool
  APUS_VM_EQUAL,
  APUS_VM_NOT_EQUAL,
  APUS_VM_LESS,
  APUS_VM_LESS_EQUAL,
  APUS_VM_GREATER,
  APUS_VM_GREATER_EQUAL,
  // ternary
  APUS_VM_SELECT,       // d = a ? b : c, where a is bool and `type` is that of b, c and d
  APUS_VM_MULTIPLY_ADD, // d = a * b + c
  // d has type result_type. Float to integer truncates toward zero and saturates, NaN gives 0; integers wrap; to a
  // half type: rounds to nearest even, once; to bool: x != 0.
  APUS_VM_CONVERT,
  APUS_VM_COUNT
} apus_vm_op;

typedef struct {
  uint8_t op;          // apus_vm_op
  uint8_t type;        // apus_dtype
  uint8_t result_type; // apus_dtype; of CONVERT
  int16_t d, a, b, c;  // registers
  double immediate;    // of CONSTANT (integers are exact up to 2^53)
} apus_vm_instruction;

typedef struct {
  uint8_t type;                // apus_dtype
  long strides[APUS_MAX_RANK]; // in elements, 0 where broadcast, may be negative
} apus_vm_input;

typedef struct {
  int16_t source; // the register written out
  uint8_t type;
} apus_vm_output;

// A register that is reduced: the program's elements are taken as a [outer, middle, inner] array (see apus_reduce.h)
// of which the middle goes.
typedef struct {
  int16_t source;
  uint8_t type;
  uint8_t reduction; // apus_reduction
} apus_vm_reduced;

#define APUS_VM_MAX_REGISTERS 64
#define APUS_VM_MAX_REDUCED 4
// What apus_vm_run asks of reductions: inner takes at most so many bytes; and where outer and inner are not one,
// middle * inner is at least so much.
#define APUS_VM_INNER_BYTES_MOST 8192
#define APUS_VM_PLANE_LEAST 4096

// Registers 0 ..< input_count hold the inputs; instructions write the others, each before it is read (a register may
// be written again once its value is dead, but never an input's). Outputs are dense over `shape`. An output may share
// its memory with an input whose strides are dense too (element by element in place), never otherwise.
typedef struct {
  int rank;
  long shape[APUS_MAX_RANK];
  int input_count, output_count, instruction_count, register_count;
  const apus_vm_input *inputs;
  const apus_vm_output *outputs;
  const apus_vm_instruction *instructions;
  int reduced_count;
  const apus_vm_reduced *reduced;
  long outer, middle, inner; // of all that is reduced
} apus_vm_program;

// Bytes of scratch (64-byte aligned); only reductions take some.
size_t apus_vm_scratch(const apus_vm_program *program);
// `outputs` are those of the program, then the results [outer, inner] of what is reduced. The split points of sums
// depend on the program and the shape alone.
void apus_vm_run(const apus_vm_program *program, const void *const *inputs, void *const *outputs, void *scratch);

#endif
